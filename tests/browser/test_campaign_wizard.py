"""A campaign of every kind, by hand: from its card over bad input to a saved draft, with nothing lost."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.accounts.enums import Role
from apps.campaigns.mechanics.registry import all_mechanics
from apps.campaigns.models import Benefit, Campaign
from apps.groups.models import Group

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ADD = "/admin/campaigns/campaign/add/"


@pytest.fixture
def operator(make_user, team):
    return make_user("operator", Role.GROUP_OPERATOR, team)


@pytest.fixture
def gift(team):
    return Benefit.objects.create(
        name="洗衣凝珠",
        kind="physical",
        team=team,
        cost=Decimal("3.50"),
        face_value=Decimal("9.90"),
        stock=1000,
    )


def fits(page: Page) -> bool:
    """Nothing sticks out to the right."""
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("key", list(all_mechanics()))
def test_from_card_to_draft_with_bad_input_on_the_way(open_as, operator, team, gift, key):
    Group.objects.create(name="福利1群", kind="benefit", team=team)
    page = open_as(operator, ADD)
    page.get_by_test_id(f"card-{key}").click()
    page.wait_for_url(f"**mechanic={key}")
    page.get_by_test_id("headline").fill("一起来")
    expect(page.get_by_test_id("screen-before")).to_contain_text("一起来")
    page.get_by_test_id("tab-friend").click()
    expect(page.get_by_test_id("screen-friend")).to_be_visible()
    expect(page.get_by_test_id("screen-before")).to_be_hidden()
    page.get_by_test_id("group-search").click()
    page.locator("#ca-found button").first.click()
    picker = page.locator("[data-testid^=gift-]").first
    picker.select_option(label="洗衣凝珠 · 实物 · ¥3.50")
    page.get_by_test_id("budget").fill("很多")
    page.get_by_test_id("save").click()

    expect(page.locator("[data-error=title]").first).to_be_visible()
    expect(page.locator("[data-error=budget]").first).to_be_visible()
    expect(page.get_by_test_id("headline")).to_have_value("一起来")
    expect(page.get_by_test_id("budget")).to_have_value("很多")
    expect(page.get_by_test_id("chosen-groups")).to_contain_text("福利1群")
    expect(page.locator("[data-testid^=gift-]").first).to_have_value(str(gift.pk))
    assert not Campaign.objects.exists()

    page.get_by_test_id("title").fill("春天来了")
    page.get_by_test_id("budget").fill("500")
    expect(page.get_by_test_id("economics")).to_contain_text("¥500.00")
    page.get_by_test_id("save").click()
    page.wait_for_url("**/change/")
    expect(page.get_by_test_id("state")).to_contain_text("草稿")
    campaign = Campaign.objects.get()
    assert (campaign.mechanic, campaign.title, campaign.headline) == (key, "春天来了", "一起来")
    assert campaign.budget == Decimal("500.00")
    assert campaign.benefits.get().benefit == gift
    assert [group.name for group in campaign.groups.all()] == ["福利1群"]


def test_slots_follow_the_rules_and_gifts_come_back_with_them(open_as, operator, gift):
    page = open_as(operator, f"{ADD}?mechanic=assist")
    page.get_by_test_id("gift-stage_10-1").select_option(str(gift.pk))
    page.get_by_test_id("rule.stages").fill("2, 5")
    expect(page.get_by_test_id("slots")).to_contain_text("满 5 人")
    expect(page.get_by_test_id("left-over")).to_be_visible()
    page.get_by_test_id("rule.stages").fill("2, 10")
    expect(page.get_by_test_id("gift-stage_10-1")).to_have_value(str(gift.pk))
    page.get_by_test_id("rule.stages").fill("十")
    expect(page.locator("[data-error='rule.stages']")).to_contain_text("填得不对")
    expect(page.get_by_test_id("gift-stage_10-1")).to_have_value(str(gift.pk))


def test_a_gift_is_made_without_leaving_the_page(open_as, operator, team):
    page = open_as(operator, f"{ADD}?mechanic=assist")
    page.get_by_test_id("title").fill("帮一把")
    page.get_by_test_id("new-gift").click()
    page.get_by_test_id("new-kind").select_option("points")
    page.get_by_test_id("new-name").fill("100 积分")
    page.get_by_test_id("create-gift").click()
    expect(page.get_by_test_id("gift-dialog")).to_contain_text("请填积分数")
    page.locator("#ca-gift-form [name=amount]").fill("100")
    page.get_by_test_id("new-cost").fill("1.20")
    page.get_by_test_id("create-gift").click()
    expect(page.get_by_test_id("gift-dialog")).to_be_hidden()
    expect(page.get_by_test_id("gift-stage_3-1")).to_have_value(str(Benefit.objects.get().pk))
    expect(page.get_by_test_id("estimate-worst")).to_contain_text("¥120.00")
    expect(page.get_by_test_id("title")).to_have_value("帮一把")


def test_the_rhythm_is_told_in_words_with_its_next_starts(open_as, operator):
    page = open_as(operator, f"{ADD}?mechanic=assist")
    expect(page.locator("[data-repeats=weekly]")).to_be_hidden()
    page.get_by_test_id("repeat-weekly").check(force=True)
    page.locator("[name=weekdays][value='4']").check(force=True)
    page.get_by_test_id("at_time").fill("20:00")
    expect(page.get_by_test_id("schedule")).to_contain_text("每周五 20:00，每期 3 天")
    expect(page.get_by_test_id("starts").locator("li")).to_have_count(5)


def test_what_was_typed_outlives_a_session_that_ended(open_as, operator, gift):
    page = open_as(operator, f"{ADD}?mechanic=group_buy")
    page.get_by_test_id("title").fill("周五拼一单")
    page.locator("[data-rule='rule.tiers'] [data-add-pair]").click()
    ladder = page.locator("[name='rule.tiers.a']")
    for index, (people, price) in enumerate((("2", "59"), ("3", "49"), ("4", "39"))):
        ladder.nth(index).fill(people)
        page.locator("[name='rule.tiers.b']").nth(index).fill(price)
    page.get_by_test_id("rule.size").fill("4")
    page.locator("[data-testid^=gift-]").first.select_option(str(gift.pk))
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.get_by_test_id("save").click()
    page.locator("[name=username]").fill("operator")
    page.locator("[name=password]").fill("pass-word-1")
    page.locator("[name=password]").press("Enter")

    expect(page.get_by_test_id("restored")).to_be_visible()
    expect(page.get_by_test_id("title")).to_have_value("周五拼一单")
    expect(ladder.nth(2)).to_have_value("4")
    expect(page.locator("[data-testid^=gift-]").first).to_have_value(str(gift.pk))
    page.get_by_test_id("save").click()
    page.wait_for_url("**/change/")
    assert Campaign.objects.get().rules["tiers"] == [[2, "59.00"], [3, "49.00"], [4, "39.00"]]
    page.goto(f"{ADD}?mechanic=group_buy")
    expect(page.get_by_test_id("title")).to_have_value("")
    expect(page.get_by_test_id("restored")).to_be_hidden()


def test_a_campaign_is_launched_from_its_page_after_its_consequences_were_shown(
    open_as, operator, team, gift
):
    page = open_as(operator, f"{ADD}?mechanic=assist")
    page.get_by_test_id("title").fill("帮一把")
    in_two_days = timezone.localtime() + timedelta(days=2)
    page.get_by_test_id("starts_at").fill(in_two_days.strftime("%Y-%m-%dT%H:%M"))
    page.get_by_test_id("gift-stage_3-1").select_option(str(gift.pk))
    page.get_by_test_id("save").click()
    page.wait_for_url("**/change/")
    page.get_by_test_id("do-launch").click()
    expect(page.get_by_test_id("dialog-launch")).to_contain_text("上线后自动开期")
    page.get_by_test_id("confirm-launch").click()
    expect(page.get_by_test_id("state")).to_contain_text("已上线")
    expect(page.locator("time[data-until]").first).to_contain_text("1天 23:5")
    page.goto("/admin/campaigns/campaign/")
    expect(page.locator("time[data-until]").first).to_contain_text("1天 23:5")


@pytest.mark.parametrize("dark", [False, True])
def test_every_page_fits_a_phone(open_as, operator, team, gift, dark):
    Campaign.objects.create(title="周五帮一把", mechanic="assist", team=team, owner=operator, rules={})
    page = open_as(operator, ADD, width=390, dark=dark)
    assert fits(page)
    for path in (
        f"{ADD}?mechanic=group_buy",
        f"{ADD}?mechanic=contest",
        Campaign.objects.get().get_absolute_url(),
    ):
        page.goto(path)
        assert fits(page), path


def test_what_is_typed_while_a_slow_panel_is_awaited_is_not_written_over(open_as, operator):
    page = open_as(operator, f"{ADD}?mechanic=assist")
    page.on("dialog", lambda dialog: dialog.accept())  # "leave without saving?"
    with page.expect_response("**/campaign/live/"):
        page.get_by_test_id("title").fill("旧的标题")
    answers = []
    page.route("**/campaign/live/", lambda route: answers.append(route))
    page.reload()
    expect(page.get_by_test_id("restored")).to_be_visible()
    expect(page.get_by_test_id("title")).to_have_value("旧的标题")
    page.get_by_test_id("title").fill("新的标题")
    with page.expect_response("**/campaign/live/"):
        answers[0].continue_()
    page.wait_for_timeout(200)
    expect(page.get_by_test_id("title")).to_have_value("新的标题")
