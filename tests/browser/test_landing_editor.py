"""The editor of landing pages in a real browser: blocks move by pointer and by keys, drafts save themselves, nothing
typed is lost."""

import pytest
from playwright.sync_api import Page, expect

from apps.accounts.enums import Role
from apps.campaigns.enums import CampaignState, LandingState
from apps.campaigns.models import Campaign, LandingPicture, LandingVersion
from tests.campaigns.factories import make_run

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def operator(make_user, team):
    return make_user("operator", Role.GROUP_OPERATOR, team)


@pytest.fixture
def campaign(team):
    found = Campaign.objects.create(
        title="国庆助力",
        headline="三人助力，免费领洗衣凝珠",
        mechanic="assist",
        state=CampaignState.LAUNCHED,
        team=team,
    )
    make_run("assist", campaign=found)
    return found


def editor(campaign: Campaign, variant: str = "A") -> str:
    return f"/admin/campaigns/campaign/{campaign.pk}/landing/{variant}/"


def kinds(page: Page, section: str) -> list[str]:
    blocks = page.get_by_test_id(f"section-{section}").locator("[data-block]")
    return [(block.get_attribute("data-testid") or "")[6:] for block in blocks.all()]


def saved(page: Page) -> None:
    expect(page.get_by_test_id("status")).to_have_text("已保存")


def stored(section: str) -> list[str]:
    draft = LandingVersion.objects.get(state=LandingState.DRAFT)
    return [block["kind"] for block in draft.blocks if block["section"] == section]


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_write_a_page_from_the_template_to_the_public(open_as, operator, campaign, width, dark):
    page = open_as(operator, editor(campaign), width=width, dark=dark)
    hero = page.get_by_test_id("block-hero")
    hero.locator("summary").click()
    hero.get_by_test_id("input-headline").fill("喊两个邻居，凝珠免费领")
    saved(page)
    phone = page.frame_locator("iframe[name=cl-phone]")
    expect(phone.locator("body")).to_contain_text("喊两个邻居，凝珠免费领")
    page.get_by_test_id("palette-middle").click()
    page.get_by_test_id("add-middle-testimony").click()
    told = page.get_by_test_id("block-testimony")
    told.get_by_test_id("input-name").fill("林女士")
    saved(page)
    page.get_by_role("link", name="已结束").click()
    expect(phone.locator("body")).to_contain_text("结束")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    page.get_by_test_id("publish").click()
    expect(page.get_by_test_id("block-testimony").locator("[data-error$='.text']")).to_contain_text(
        "还没有填"
    )
    page.get_by_test_id("block-testimony").get_by_test_id("remove").click()
    rules = page.get_by_test_id("block-rules")
    rules.locator("summary").click()
    rules.locator("textarea").fill("每人一次，送完为止。")
    saved(page)
    page.get_by_test_id("publish").click()
    page.wait_for_url("**/landing/#saved")
    expect(page.get_by_test_id("variant-A")).to_contain_text("版本 1")
    assert LandingVersion.objects.get().state == LandingState.LIVE
    assert page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('cl-draft'))") == []


def test_blocks_move_by_pointer_keys_and_buttons(open_as, operator, campaign):
    page = open_as(operator, editor(campaign), width=1440)
    before = kinds(page, "top")
    grip = page.get_by_test_id("block-hero").locator("[data-grip]")
    grip.focus()
    page.keyboard.press("ArrowDown")
    assert kinds(page, "top")[:2] == [before[1], before[0]]
    page.get_by_test_id("block-hero").get_by_test_id("up").click()
    assert kinds(page, "top") == before
    saved(page)
    assert stored("top") == before

    box = grip.bounding_box()
    last = page.get_by_test_id("section-top").locator("[data-block]").last.bounding_box()
    page.mouse.move(box["x"] + 8, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 10, last["y"] + last["height"] - 4, steps=8)
    page.mouse.up()
    assert kinds(page, "top")[-1] == "hero"
    saved(page)
    assert stored("top")[-1] == "hero"
    # A hero belongs to the top: dragged into the middle it stays.
    grip.scroll_into_view_if_needed()
    box = grip.bounding_box()
    middle = page.get_by_test_id("section-middle").bounding_box()
    page.mouse.move(box["x"] + 8, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 10, middle["y"] + 60, steps=8)
    page.mouse.up()
    assert "hero" not in kinds(page, "middle")


def test_what_was_typed_outlives_a_lost_connection_and_a_reload(open_as, operator, campaign):
    page = open_as(operator, editor(campaign), width=1440)
    hero = page.get_by_test_id("block-hero")
    hero.locator("summary").click()
    page.context.set_offline(True)
    hero.get_by_test_id("input-headline").fill("断网时写的标题")
    page.get_by_test_id("palette-middle").click()
    page.get_by_test_id("add-middle-figures").click()
    expect(page.get_by_test_id("status")).to_contain_text("没有连上服务器")
    page.context.set_offline(False)
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(page.get_by_test_id("restored")).to_be_visible()
    expect(page.get_by_test_id("block-hero").locator("input[name$='.headline']")).to_have_value(
        "断网时写的标题"
    )
    assert "figures" in kinds(page, "middle")
    page.get_by_test_id("save").click()
    page.wait_for_load_state()
    expect(page.get_by_test_id("restored")).to_be_hidden()
    assert LandingVersion.objects.get().blocks[0]["data"]["headline"] == "断网时写的标题"


def test_pictures_are_sent_at_once_and_chosen_again(open_as, operator, campaign, tmp_path):
    from PIL import Image

    file = tmp_path / "门店.png"
    Image.new("RGB", (800, 600), "#c8281f").save(file)
    page = open_as(operator, editor(campaign), width=1440)
    hero = page.get_by_test_id("block-hero")
    hero.locator("summary").click()
    hero.locator("input[type=file]").set_input_files(str(file))
    expect(hero.locator(".cl-picture img")).to_be_visible()
    saved(page)
    token = LandingPicture.objects.get().token
    assert LandingVersion.objects.get().blocks[0]["data"]["picture"] == token
    hero.locator(".cl-picture button").click()
    hero.get_by_role("button", name="从已上传的里选").click()
    page.locator("#cl-library [data-token]").first.click()
    saved(page)
    assert LandingVersion.objects.get().blocks[0]["data"]["picture"] == token
    bad = tmp_path / "x.png"
    bad.write_bytes(b"no picture")
    hero.locator("input[type=file]").set_input_files(str(bad))
    expect(hero.locator("[data-error$='.picture']")).to_contain_text("JPEG")


@pytest.mark.parametrize("path", ["traffic", "compare", "heat", "phone"])
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_pages_about_visits_fit(open_as, operator, campaign, path, width, dark):
    page = open_as(operator, f"/admin/h5/touch/campaign/{campaign.pk}/{path}/", width=width, dark=dark)
    expect(page.get_by_test_id(f"tab-{path}")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    if path == "phone":
        expect(page.frame_locator("iframe").locator("[data-testid=rehearsal]")).to_be_visible()
