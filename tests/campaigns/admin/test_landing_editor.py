"""The editor of landing pages without a script: every button posts the form, and nothing typed is lost."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from apps.accounts.enums import Role
from apps.campaigns.admin.landing.inputs import from_stored
from apps.campaigns.enums import LandingState
from apps.campaigns.models import LandingPicture, LandingVersion


@pytest.fixture
def campaign(team_run):
    return team_run("assist").campaign


def url(campaign, name="landing_edit", *args):
    args = args or (("A",) if name == "landing_edit" else ())
    return reverse(f"admin:campaigns_campaign_{name}", args=[campaign.pk, *args])


def posted(blocks, **more):
    """What the browser sends for stored blocks."""
    data = {"theme": "red", "title": "", "share": "50", "seen_at": "", "block": []}
    for block in from_stored(blocks):
        data["block"].append(block.id)
        data[f"{block.id}.kind"] = block.kind.key
        data[f"{block.id}.section"] = block.section
        for item in block.inputs:
            if item.kind == "boolean":
                if item.value:
                    data[item.name] = "on"
            elif item.kind == "pairs":
                data[f"{item.name}.a"] = [row[0] for row in item.rows]
                data[f"{item.name}.b"] = [row[1] for row in item.rows]
            else:
                data[item.name] = item.value
    return data | more


def piece(number, kind, section, **data):
    return {"id": f"{number:08x}", "kind": kind, "section": section, "data": data}


def picture():
    buffer = BytesIO()
    Image.new("RGB", (400, 300), "orange").save(buffer, "PNG")
    return SimpleUploadedFile("晒单.png", buffer.getvalue(), "image/png")


HERO = piece(1, "hero", "top", headline="一起来")
RULES = piece(2, "rules", "bottom", text="每人一次")
FAQ = piece(3, "faq", "middle", items=[["问", "答"]])


def test_first_look_is_the_mechanics_page_and_saves_nothing(desk, campaign):
    html = desk.get(url(campaign)).content.decode()
    assert "从玩法模板开始" in html
    assert 'data-testid="block-hero"' in html
    assert not LandingVersion.objects.exists()


def test_what_the_form_sends_back_unchanged_is_the_same_page(desk, campaign):
    """Round trip of every kind of field of the shipped page."""
    from apps.campaigns.selectors.landing import starter_blocks

    theme, blocks = starter_blocks(campaign)
    response = desk.post(url(campaign), posted(blocks, theme=theme))
    assert response.status_code == 302, response.context["sheet"]
    draft = LandingVersion.objects.get()
    assert (draft.state, draft.theme, draft.blocks) == (LandingState.DRAFT, theme, blocks)


def test_buttons_move_add_and_take_away(desk, campaign):
    blocks = [HERO, piece(4, "action", "top"), RULES]
    desk.post(url(campaign), posted(blocks, do="down:00000001"))
    assert [block["kind"] for block in LandingVersion.objects.get().blocks] == ["action", "hero", "rules"]
    draft = LandingVersion.objects.get()
    again = posted(draft.blocks, do="add:middle:faq", seen_at=draft.updated_at.isoformat())
    response = desk.post(url(campaign), again)
    assert "#b-" in response["Location"]
    draft.refresh_from_db()
    assert [block["kind"] for block in draft.blocks] == ["action", "hero", "faq", "rules"]
    desk.post(
        url(campaign),
        posted(draft.blocks, do="to:bottom:00000004", seen_at=draft.updated_at.isoformat()),
    )
    draft.refresh_from_db()
    assert [block["kind"] for block in draft.blocks] == ["hero", "faq", "rules", "action"]
    desk.post(
        url(campaign),
        posted(draft.blocks, do="remove:00000001", seen_at=draft.updated_at.isoformat()),
    )
    draft.refresh_from_db()
    assert [block["kind"] for block in draft.blocks] == ["faq", "rules", "action"]


def test_all_that_is_wrong_is_said_at_its_field_and_nothing_is_lost(desk, campaign):
    offer = piece(5, "offer", "top", price="很多钱", original="也很多")
    response = desk.post(url(campaign), posted([HERO, offer], title="改一版"))
    html = response.content.decode()
    assert response.status_code == 200
    assert html.count("请填金额") == 2
    assert 'value="很多钱"' in html
    assert 'value="改一版"' in html
    assert 'value="一起来"' in html
    assert not LandingVersion.objects.exists()


def test_a_script_gets_the_same_as_json(desk, campaign):
    headers = {"Accept": "application/json"}
    wrong = desk.post(url(campaign), posted([piece(5, "offer", "top", price="x")]), headers=headers).json()
    assert list(wrong["errors"]) == ["00000005.price"]
    right = desk.post(url(campaign), posted([HERO]), headers=headers).json()
    assert (right["errors"], right["sentence"], right["number"]) == ({}, "", 1)
    stale = desk.post(
        url(campaign),
        posted([RULES], seen_at="2020-01-01T00:00:00+00:00"),
        headers=headers,
    ).json()
    assert "别人改过" in stale["sentence"]
    assert LandingVersion.objects.get().blocks[0]["kind"] == "hero"


def test_publishing_says_everything_that_is_missing(desk, campaign):
    half = [HERO, piece(6, "testimony", "middle", name="林女士", text=""), RULES]
    response = desk.post(url(campaign), posted(half, do="publish"))
    html = response.content.decode()
    assert "“原话”还没有填" in html
    assert "请先确认" in html
    assert LandingVersion.objects.get().state == LandingState.DRAFT
    draft = LandingVersion.objects.get()
    response = desk.post(
        url(campaign), posted([HERO, RULES], do="publish", seen_at=draft.updated_at.isoformat())
    )
    assert response["Location"].endswith("/landing/#saved")
    draft.refresh_from_db()
    assert draft.state == LandingState.LIVE


def test_a_page_is_scheduled_from_the_editor(desk, campaign):
    response = desk.post(url(campaign), posted([HERO, RULES], do="schedule", publish_at="2099-01-01T08:00"))
    assert response.status_code == 302
    version = LandingVersion.objects.get()
    assert version.state == LandingState.SCHEDULED
    assert version.publish_at.isoformat() == "2099-01-01T00:00:00+00:00"  # eight in Shanghai


def test_pictures_come_with_the_form_or_by_themselves(desk, campaign):
    response = desk.post(url(campaign), posted([HERO, RULES], **{"00000001.picture.file": picture()}))
    assert response.status_code == 302
    kept = LandingPicture.objects.get()
    draft = LandingVersion.objects.get()
    assert draft.blocks[0]["data"]["picture"] == kept.token
    thumb = desk.get(url(campaign, "landing_thumb", kept.token))
    assert (thumb.status_code, thumb["Content-Type"]) == (200, "image/webp")
    assert b"".join(thumb.streaming_content)[8:12] == b"WEBP"
    answer = desk.post(url(campaign, "landing_picture"), {"file": picture()}).json()
    assert answer["token"] != kept.token
    refused = desk.post(
        url(campaign, "landing_picture"), {"file": SimpleUploadedFile("x.png", b"no picture")}
    )
    assert refused.status_code == 400
    assert "JPEG" in refused.json()["error"]
    desk.post(
        url(campaign),
        posted(
            draft.blocks, do=f"unpick:00000001.picture:{kept.token}", seen_at=draft.updated_at.isoformat()
        ),
    )
    draft.refresh_from_db()
    assert draft.blocks[0]["data"]["picture"] == ""


def test_a_bad_picture_is_said_at_its_field_and_the_words_stay(desk, campaign):
    bad = SimpleUploadedFile("x.png", b"no picture")
    html = desk.post(url(campaign), posted([HERO], **{"00000001.picture.file": bad})).content.decode()
    assert "JPEG 或 PNG" in html
    assert 'value="一起来"' in html


def test_versions_say_who_did_what_and_are_brought_back(desk, campaign, operator):
    desk.post(url(campaign), posted([HERO, RULES], do="publish"))
    first = LandingVersion.objects.get()
    changed = [FAQ, piece(1, "hero", "top", headline="快来"), RULES]
    desk.post(url(campaign), posted(changed, do="publish", theme="blue"))
    html = desk.get(url(campaign, "landing")).content.decode()
    assert "加了：常见问题" in html
    assert "改了“主视觉”的主标题" in html
    assert "配色从中国红换成湖蓝" in html
    assert str(operator) in html
    response = desk.post(
        url(campaign, "landing_act", "restore"), {"version": first.pk, "variant": "B"}, follow=True
    )
    assert response.request["PATH_INFO"] == url(campaign, "landing_edit", "B")
    draft = LandingVersion.objects.get(state=LandingState.DRAFT)
    assert (draft.variant, draft.blocks[0]["data"]["headline"]) == ("B", "一起来")
    refused = desk.post(
        url(campaign, "landing_act", "restore"), {"version": first.pk, "variant": "B"}, follow=True
    )
    assert "已经有一份草稿" in refused.content.decode()


def test_live_pages_are_taken_down_and_drafts_thrown_away(desk, campaign):
    desk.post(url(campaign), posted([HERO, RULES], do="publish"))
    live = LandingVersion.objects.get()
    desk.post(url(campaign, "landing_act", "retire"), {"version": live.pk})
    live.refresh_from_db()
    assert live.state == LandingState.RETIRED
    desk.post(url(campaign, "landing_act", "start"), {"variant": "A"})
    draft = LandingVersion.objects.get(state=LandingState.DRAFT)
    desk.post(url(campaign, "landing_act", "discard"), {"version": draft.pk})
    assert not LandingVersion.objects.filter(state=LandingState.DRAFT).exists()


def test_versions_cost_the_same_for_one_and_three(desk, campaign, django_assert_max_num_queries):
    from tests.h5.visits import make_version

    make_version(campaign, state=LandingState.DRAFT)
    desk.get(url(campaign, "landing"))
    with django_assert_max_num_queries(8):
        desk.get(url(campaign, "landing"))
    for number in range(2):
        from django.utils import timezone

        make_version(
            campaign, "B", state=LandingState.RETIRED, published_at=timezone.now(), title=str(number)
        )
    with django_assert_max_num_queries(8):
        desk.get(url(campaign, "landing"))


@pytest.mark.parametrize("name", ["landing", "landing_edit", "landing_picture", "landing_act"])
def test_another_teams_campaign_is_as_if_it_were_not(client, stranger, campaign, name):
    """S1."""
    client.force_login(stranger)
    args = ("retire",) if name == "landing_act" else ()
    assert client.post(url(campaign, name, *args)).status_code == 404


def test_who_may_write_and_who_may_publish(client, make_user, team, clerk, campaign):
    editor = make_user("editor", Role.CONTENT_EDITOR, team)
    client.force_login(editor)
    refused = client.post(url(campaign), posted([HERO, RULES], do="publish"))
    assert "没有这个操作的权限" in refused.content.decode()
    assert LandingVersion.objects.get().state == LandingState.DRAFT
    assert 'data-testid="publish"' not in client.get(url(campaign)).content.decode()
    client.force_login(clerk)
    assert client.get(url(campaign)).status_code == 403


def test_odd_input_is_no_server_error(desk, campaign):
    other = posted([HERO])
    for more in (
        {"block": ["zz", "00000001", "00000001"], "do": "up:nothing"},
        {"do": "add:top:nothing"},
        {"do": "add:nowhere:hero"},
        {"do": "to:middle:00000001"},
        {"share": "١٢"},
        {"share": ""},
        {"theme": "x", "do": "unpick:x"},
        {"do": "schedule", "publish_at": "9999"},
        {"do": "schedule", "publish_at": "\0"},
        {"00000001.picture": "../../etc/passwd"},
        {"seen_at": "x" * 500},
    ):
        assert desk.post(url(campaign), other | more).status_code in (200, 302), more
    for verb, data in (("share", {}), ("publish", {"version": "9" * 30}), ("nothing", {}), ("start", {})):
        assert desk.post(url(campaign, "landing_act", verb), data).status_code == 404
    assert desk.get(url(campaign, "landing_edit", "C")).status_code == 404


def test_what_is_typed_is_shown_as_text(desk, campaign):
    """S6: in the editor, too."""
    evil = "<script>alert(1)</script>"
    html = desk.post(
        url(campaign), posted([HERO], **{"00000001.headline": evil, "title": evil, "share": "x"})
    ).content.decode()
    assert "<script>alert(1)" not in html
