"""The page of a run as strangers see it: states, real numbers, cards, weight, memory, attacks (S2, S6)."""

import gzip
import json
import re
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from pytest_django import DjangoAssertNumQueries

from apps.accounts.enums import Role
from apps.accounts.models import Team, User
from apps.campaigns.blocks.registry import all_blocks
from apps.campaigns.enums import BenefitKind, CampaignState, LandingState, RunState
from apps.campaigns.mechanics.registry import all_mechanics
from apps.campaigns.models import Campaign, LandingVersion, Run, RunStock
from apps.campaigns.services.landing import keep_picture, publish, save_draft
from apps.campaigns.services.landing.previewing import preview_token
from apps.core.errors import NotAllowed
from apps.h5.models import Touch
from apps.h5.views.landing import kept
from tests.campaigns.factories import make_benefit, make_member, make_run
from tests.campaigns.landing.test_blocks import ATTACK, filled
from tests.campaigns.play import play, start

pytestmark = pytest.mark.django_db

RULES = {"kind": "rules", "section": "bottom", "data": {}}
#: What a phone calls itself; whoever calls itself nothing is a machine.
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/8.0.50"


def page_of(client: Client, run: Run, **headers: str) -> str:
    kept.forget()
    answer = client.get(f"/m/r/{run.pk}/", headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def live_version(run: Run, *blocks: dict[str, Any], variant: str = "A", number: int = 1) -> LandingVersion:
    """A published version as it would lie in the table, whatever the services would have said of it."""
    rows = [{"id": f"{place:08x}", **block} for place, block in enumerate(blocks, 1)]
    return LandingVersion.objects.create(
        campaign=run.campaign,
        number=number,
        variant=variant,
        state=LandingState.LIVE,
        published_at=timezone.now(),
        blocks=rows,
    )


@pytest.fixture
def run(db: None) -> Run:
    run = make_run(
        "assist", {"stages": [2], "is_new_only": False}, slots={"stage_2": make_benefit(name="春茶一盒")}
    )
    Campaign.objects.filter(pk=run.campaign_id).update(headline="新茶上市，请你喝", intro="第一批明前茶。")
    return Run.objects.get(pk=run.pk)


@pytest.mark.parametrize("kind", sorted(all_blocks()))
def test_every_block_has_its_template_and_shows_its_words(client: Client, run: Run, kind: str) -> None:
    assert (Path(settings.BASE_DIR) / f"templates/h5/landing/blocks/{kind}.html").is_file()
    live_version(run, {"kind": kind, "section": "top", "data": filled(kind, "唯一字样")})
    page = page_of(client, run)
    assert f'data-block="{1:08x}"' in page
    if kind not in ("progress", "ticker", "contact", "action", "gallery", "hero", "offer"):
        assert "唯一字样" in page


@pytest.mark.parametrize("mechanic", sorted(all_mechanics()))
def test_every_mechanic_has_a_page_without_anybody_writing_one(client: Client, mechanic: str) -> None:
    run = make_run(mechanic, stock=10 if all_mechanics()[mechanic].stock_word else None)
    page = page_of(client, run)
    assert page.count("<h1") == 1
    assert f'href="/m/r/{run.pk}/play/"' in page
    for name in ("top", "middle", "bottom"):
        assert f'data-section="{name}"' in page


@pytest.mark.parametrize("mechanic", sorted(all_mechanics()))
def test_nothing_is_inline_and_nothing_comes_from_elsewhere(client: Client, mechanic: str) -> None:
    run = make_run(mechanic)
    kept.forget()
    answer = client.get(f"/m/r/{run.pk}/")
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    from_memory = client.get(f"/m/r/{run.pk}/")["Content-Security-Policy"]
    assert set(from_memory.split("; ")) == set(policy.split("; "))
    page = answer.content.decode()
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=", page)
    assert re.findall(r"<script(?![^>]*\ssrc=)", page) == []
    sources = re.findall(r'\s(?:src|action)="([^"]*)"', page) + re.findall(r'<link[^>]*href="([^"]*)"', page)
    assert all(source.startswith("/") and not source.startswith("//") for source in sources), sources


def test_page_weighs_little_beside_its_pictures(client: Client) -> None:
    run = make_run("group_buy", stock=10)
    page = page_of(client, run)
    names = re.findall(r'(?:src|href)="/static/([^"]+\.(?:css|js|svg))"', page)
    assert {"h5/base.css", "h5/landing.css", "h5/landing.js"} <= set(names)
    weight = len(page.encode()) + sum(
        (Path(settings.BASE_DIR) / "static" / name).stat().st_size for name in set(names)
    )
    assert weight <= 100 * 1024, weight


# --- States --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "opens", "closes", "mood"),
    [
        (RunState.SCHEDULED, 1, 2, "before"),
        (RunState.OPEN, -1, 1, "open"),
        (RunState.PAUSED, -1, 1, "paused"),
        (RunState.OPEN, -2, -1, "ended"),
        (RunState.SETTLED, -2, -1, "ended"),
    ],
)
def test_page_says_what_state_the_run_is_in(
    client: Client, state: RunState, opens: int, closes: int, mood: str
) -> None:
    now = timezone.now()
    run = make_run(
        "assist",
        state=RunState.OPEN,
        opens_at=now + timedelta(hours=opens),
        closes_at=now + timedelta(hours=closes),
    )
    Run.objects.filter(pk=run.pk).update(state=state, settled_at=now)
    page = page_of(client, run)
    assert f'data-mood="{mood}"' in page
    assert ("data-until" in page) == (mood in ("before", "open"))
    assert ("我要发起" in page) == (mood == "open")


def test_sold_out_says_so_and_offers_no_opening(client: Client) -> None:
    run = make_run("group_buy", stock=3)
    RunStock.objects.filter(run=run).update(sold=2, reserved=1)
    page = page_of(client, run)
    assert 'data-mood="sold_out"' in page
    assert "抢完" in page
    assert "开团" not in page.split('class="go"')[1]


def test_ended_run_leads_to_the_next_one(client: Client) -> None:
    now = timezone.now()
    run = make_run("contest", opens_at=now - timedelta(days=3), closes_at=now - timedelta(days=1))
    following = make_run("contest", campaign=run.campaign)
    page = page_of(client, run)
    assert f'href="/m/r/{following.pk}/"' in page


@pytest.mark.parametrize("address", ["/m/r/0/", "/m/r/99999999999999999999/", "/m/r/424242/"])
def test_there_is_no_page_for_what_is_not_public(client: Client, address: str) -> None:
    assert client.get(address).status_code == 404
    run = make_run("assist", state=RunState.CANCELLED)
    assert client.get(f"/m/r/{run.pk}/").status_code == 404
    planned = make_run("assist", state=RunState.SCHEDULED)
    Campaign.objects.filter(pk=planned.campaign_id).update(state=CampaignState.DRAFT)
    assert client.get(f"/m/r/{planned.pk}/").status_code == 404


def test_price_is_the_runs_own_whatever_an_editor_wrote(client: Client) -> None:
    run = make_run("group_buy", {"price": "49.90", "single_price": "99.00"})
    live_version(run, {"kind": "offer", "section": "top", "data": {"price": "1.00", "original": "999.00"}})
    page = page_of(client, run)
    assert ">49.9<" in page.replace("</small>", ">").replace("\n", "")
    assert "¥99" in page
    assert "999" not in page


# --- Real numbers and events ---------------------------------------------------------------------


def test_ticker_tells_of_real_events_by_public_names(client: Client, run: Run) -> None:
    page = page_of(client, run)
    assert "发起了" not in page
    entry = start(run, make_member("王小明"))
    play(entry, "help", make_member("李雷<b>"))
    page = page_of(client, run)
    assert "王**" in page
    assert "李**" in page
    assert "王小明" not in page
    assert "李雷" not in page


def test_progress_is_counted_from_rows(client: Client) -> None:
    run = make_run("group_buy", stock=40)
    RunStock.objects.filter(run=run).update(sold=30, reserved=7)
    page = page_of(client, run)
    assert "还剩 <b>3</b> 份" in page
    assert 'value="92"' in page


def test_live_parts_come_as_a_fragment(client: Client, run: Run) -> None:
    first = client.get(f"/m/r/{run.pk}/live/").json()
    assert first["mood"] == "open"
    start(run, make_member("王小明"))
    kept.forget()
    second = client.get(f"/m/r/{run.pk}/live/").json()
    assert first["blocks"].keys() == second["blocks"].keys()
    assert "王**" in "".join(second["blocks"].values())


# --- Memory --------------------------------------------------------------------------------------


def test_page_from_memory_asks_nobody(
    client: Client, run: Run, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    page_of(client, run)
    with django_assert_num_queries(0):
        assert client.get(f"/m/r/{run.pk}/").status_code == 200
        assert client.get(f"/m/r/{run.pk}/live/").status_code == 200


def test_page_is_made_with_few_queries_whatever_the_number_of_members(
    client: Client, run: Run, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for count in (1, 3):
        for _ in range(count):
            start(run, make_member())
        kept.forget()
        with django_assert_num_queries(6):
            client.get(f"/m/r/{run.pk}/")


@pytest.mark.parametrize("change", ["publish", "retire", "state", "campaign", "stock"])
def test_change_shows_as_soon_as_somebody_looks(
    client: Client, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    run = make_run("group_buy", stock=5)
    version = live_version(run, {"kind": "bait", "section": "top", "data": {"title": "老内容"}})
    before = page_of(client, run)
    assert client.get(f"/m/r/{run.pk}/").content.decode().count("老内容") == 1
    monkeypatch.setattr(kept, "LOOK", 0.0)
    later = timezone.now()
    if change == "publish":
        LandingVersion.objects.filter(pk=version.pk).update(state=LandingState.RETIRED, retired_at=later)
        live_version(run, {"kind": "bait", "section": "top", "data": {"title": "新内容"}}, number=2)
    elif change == "retire":
        LandingVersion.objects.filter(pk=version.pk).update(state=LandingState.RETIRED, retired_at=later)
    elif change == "state":
        Run.objects.filter(pk=run.pk).update(state=RunState.PAUSED)
    elif change == "campaign":
        Campaign.objects.filter(pk=run.campaign_id).update(headline="新标题", updated_at=later)
    else:
        RunStock.objects.filter(run=run).update(sold=5)
    after = client.get(f"/m/r/{run.pk}/").content.decode()
    signs = {
        "publish": "新内容",
        "retire": "怎么参加",
        "state": "暂停中",
        "campaign": "新标题",
        "stock": "抢完",
    }
    assert signs[change] in after
    assert signs[change] not in before


def test_withdrawn_run_leaves_memory(client: Client, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    page_of(client, run)
    monkeypatch.setattr(kept, "LOOK", 0.0)
    Run.objects.filter(pk=run.pk).update(state=RunState.CANCELLED)
    assert client.get(f"/m/r/{run.pk}/").status_code == 404
    assert client.get(f"/m/r/{run.pk}/").status_code == 404


def test_clock_is_the_servers_and_right_to_the_second(client: Client, run: Run) -> None:
    page = page_of(client, run)
    (clock,) = re.findall(r'data-now="(\d+)"', page)
    assert abs(int(clock) - timezone.now().timestamp()) <= 2
    assert kept.CLOCK not in page


def test_packed_page_is_the_same_page(client: Client, run: Run) -> None:
    page_of(client, run)
    packed = client.get(f"/m/r/{run.pk}/", headers={"accept-encoding": "br, gzip"})
    assert packed["Content-Encoding"] == "gzip"
    unpacked = gzip.decompress(packed.content).decode()
    plain = client.get(f"/m/r/{run.pk}/").content.decode()
    assert re.sub(r'data-now="\d+"', "", unpacked) == re.sub(r'data-now="\d+"', "", plain)


def test_languages_do_not_mix(client: Client, run: Run) -> None:
    kept.forget()
    chinese = client.get(f"/m/r/{run.pk}/", headers={"accept-language": "zh-hans"}).content.decode()
    english = client.get(f"/m/r/{run.pk}/", headers={"accept-language": "en"}).content.decode()
    again = client.get(f"/m/r/{run.pk}/", headers={"accept-language": "zh-hans"}).content.decode()
    assert '<html lang="zh-hans">' in chinese
    assert '<html lang="en">' in english
    assert '<html lang="zh-hans">' in again


def test_memory_is_bounded(client: Client, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_KEPT", 2)
    kept.forget()
    for _ in range(4):
        client.get(f"/m/r/{make_run('assist').pk}/")
    assert len(kept._kept) <= 2


def test_browser_keeps_its_variant_and_pages_hold_nobodys_secret(client: Client, run: Run) -> None:
    live_version(run, {"kind": "bait", "section": "top", "data": {"title": "方案甲"}})
    live_version(run, {"kind": "bait", "section": "top", "data": {"title": "方案乙"}}, variant="B", number=2)
    kept.forget()
    seen = set()
    for number in range(24):
        browser = Client()
        browser.cookies["visitor"] = f"browser-of-a-stranger-{number:04d}"
        pages = [browser.get(f"/m/r/{run.pk}/").content.decode() for _ in range(3)]
        assert len({("方案甲" in page, "方案乙" in page) for page in pages}) == 1
        seen.add("方案甲" in pages[0])
        assert "browser-of-a-stranger" not in pages[0]
        assert "csrf" not in pages[0]
    assert seen == {True, False}


@override_settings(API_LIMITS={"read_ip": [(3, 60)]})
def test_limits_stand_where_a_page_has_to_be_made(client: Client, run: Run) -> None:
    page_of(client, run)
    assert {client.get(f"/m/r/{run.pk}/").status_code for _ in range(20)} == {200}
    assert 429 in {client.get(f"/m/r/{900_000 + number}/").status_code for number in range(6)}


# --- The card that chats draw --------------------------------------------------------------------


@pytest.fixture
def pictured(run: Run, architect: User, team: Team) -> str:
    """A published page with a picture in its hero; returns the picture's token."""
    buffer = BytesIO()
    Image.new("RGB", (1200, 800), "green").save(buffer, "PNG")
    token = keep_picture(
        campaign=run.campaign, file=SimpleUploadedFile("a.png", buffer.getvalue()), actor=architect
    ).token
    hero = {"kind": "hero", "section": "top", "data": {"headline": "头图 & 标题", "picture": token}}
    draft = save_draft(
        campaign=run.campaign,
        variant="A",
        blocks=[hero, RULES],
        theme="green",
        actor=architect,
        now=timezone.now(),
    )
    publish(version=draft, actor=architect, now=timezone.now())
    return token


def test_card_has_title_text_and_picture(client: Client, run: Run, pictured: str) -> None:
    page = page_of(client, run)
    assert '<meta property="og:title" content="头图 &amp; 标题">' in page
    assert f'<meta property="og:image" content="{settings.SITE_URL}/m/pic/{pictured}/720.webp">' in page
    assert 'content="summary_large_image"' in page
    assert "theme-green" in page
    assert "mini-program-path" not in page
    Campaign.objects.filter(pk=run.campaign_id).update(mini_program_path="pages/run?id=1")
    assert '<meta name="mini-program-path" content="pages/run?id=1">' in page_of(client, run)


def test_pictures_are_sent_in_their_widths_and_nothing_else(client: Client, pictured: str) -> None:
    answer = client.get(f"/m/pic/{pictured}/360.webp")
    assert answer["Content-Type"] == "image/webp"
    assert "immutable" in answer["Cache-Control"]
    assert Image.open(BytesIO(b"".join(answer.streaming_content))).size == (360, 240)
    for address in (
        f"/m/pic/{pictured}/361.webp",
        "/m/pic/unknown-token/360.webp",
        f"/m/pic/{'x' * 99}/360.webp",
    ):
        assert client.get(address).status_code == 404


# --- The visit -----------------------------------------------------------------------------------


def test_dot_tells_of_the_visit_with_its_version_and_utm(client: Client, run: Run) -> None:
    version = live_version(run, {"kind": "bait", "section": "top", "data": {"title": "x"}})
    page = page_of(client, run, referer="https://news.example.org/story")
    (dot,) = re.findall(r'class="dot" src="([^"]+)"', page)
    referer = f"http://testserver/m/r/{run.pk}/?utm_source=poster&utm_evil=1"
    client.get(dot, headers={"referer": referer, "user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"})
    client.head(dot, headers={"referer": referer, "user-agent": PHONE})
    assert not Touch.objects.exists()  # neither a machine nor a look ahead is a visit
    answer = client.get(dot, headers={"referer": referer, "user-agent": PHONE})
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/gif")
    touch = Touch.objects.get()
    assert (touch.run_id, touch.version_id, touch.variant) == (run.pk, version.pk, "A")
    assert touch.utm == {"source": "poster"} or touch.utm == {"utm_source": "poster"}
    assert touch.referrer == "news.example.org"
    client.get(dot, headers={"user-agent": PHONE})
    assert Touch.objects.count() == 1


def test_dot_on_another_site_or_with_foreign_numbers_says_nothing(client: Client, run: Run) -> None:
    other = live_version(make_run("assist"), {"kind": "bait", "section": "top", "data": {"title": "x"}})
    Client(headers={"user-agent": PHONE}).get(f"/m/r/{run.pk}/seen.gif")
    assert not Touch.objects.exists()
    page_of(client, run)
    for version in (str(other.pk), "0", "-1", "9" * 30, "x", "١"):
        dot = client.get(f"/m/r/{run.pk}/seen.gif", {"v": version}, headers={"user-agent": PHONE})
        assert dot.status_code == 200
    assert set(Touch.objects.values_list("version_id", flat=True)) == {None}
    assert client.get("/m/r/424242/seen.gif").status_code == 404


# --- Attacks -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(all_blocks()))
def test_nothing_that_an_editor_types_becomes_markup(
    client: Client, run: Run, architect: User, kind: str
) -> None:
    block = {"kind": kind, "section": "top", "data": filled(kind, ATTACK)}
    live_version(run, block)
    pages = [page_of(client, run)]
    token = preview_token(campaign=run.campaign, version=None, actor=architect)
    pages.append(client.post(f"/m/preview/{token}/", {"blocks": json.dumps([block])}).content.decode())
    for page in pages:
        assert _dangers(page) == []


def test_nothing_that_an_operator_or_a_member_types_becomes_markup(client: Client) -> None:
    run = make_run(
        "assist", slots={"stage_3": make_benefit(BenefitKind.CODE, name=ATTACK[:60])}, title=ATTACK[:60]
    )
    Campaign.objects.filter(pk=run.campaign_id).update(
        headline=ATTACK[:60], intro=ATTACK, mini_program_path='"><script>alert(1)</script>'
    )
    start(run, make_member("<script>alert(1)</script>"))
    start(run, make_member("\u202e\u200bevil"))
    page = page_of(client, run)
    assert _dangers(page) == []
    assert "\u202e" not in page


def test_block_that_is_no_longer_sound_is_left_out(client: Client, run: Run) -> None:
    live_version(
        run,
        {"kind": "follow", "section": "bottom", "data": {"link": "javascript:alert(1)", "title": "坏链接"}},
        {"kind": "gone", "section": "top", "data": {}},
        {"kind": "bait", "section": "top", "data": {"title": "好内容"}},
    )
    page = page_of(client, run)
    assert "javascript:" not in page
    assert "坏链接" not in page
    assert "好内容" in page


def test_picture_of_another_campaign_is_not_shown(client: Client, run: Run, pictured: str) -> None:
    other = make_run("assist")
    live_version(other, {"kind": "hero", "section": "top", "data": {"picture": pictured}})
    assert pictured not in page_of(client, other)


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_page_takes_no_orders(client: Client, run: Run, method: str) -> None:
    assert getattr(client, method)(f"/m/r/{run.pk}/").status_code == 405


def test_early_phone_fills_in_the_log_in_and_leaves_no_trace_in_the_address(client: Client, run: Run) -> None:
    answer = client.post("/m/contact/", {"phone": "138 0013 8000", "next": f"/m/r/{run.pk}/play/"})
    assert answer.status_code == 303
    assert answer["Location"] == f"{reverse('h5:login')}?next=/m/r/{run.pk}/play/"
    assert answer.cookies["phone_hint"]["httponly"]
    assert "8000" not in answer.cookies["phone_hint"].value
    assert 'value="138 0013 8000"' in client.get(answer["Location"]).content.decode()
    other = Client()
    other.cookies["phone_hint"] = answer.cookies["phone_hint"].value
    assert "8000" not in other.get(answer["Location"]).content.decode()


@pytest.mark.parametrize("phone", ["<script>", "1" * 21, "javascript:alert(1)", ""])
def test_only_what_looks_like_a_phone_is_kept(client: Client, phone: str) -> None:
    answer = client.post("/m/contact/", {"phone": phone, "next": "https://evil.example/m/"})
    assert "phone_hint" not in answer.cookies
    assert "evil" not in answer["Location"]


# --- Preview -------------------------------------------------------------------------------------


@pytest.mark.parametrize("mood", ["before", "open", "paused", "sold_out", "ended", "nonsense"])
@pytest.mark.parametrize("mechanic", sorted(all_mechanics()))
def test_preview_shows_a_draft_campaign_in_any_state(
    client: Client, architect: User, mechanic: str, mood: str
) -> None:
    campaign = Campaign.objects.create(title="还没上线", mechanic=mechanic, rules={})
    token = preview_token(campaign=campaign, version=None, actor=architect)
    answer = client.get(f"/m/preview/{token}/", {"as": mood})
    shown = mood if mood != "nonsense" else "open"
    assert f'data-mood="{shown}"' in answer.content.decode()
    assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "seen.gif" not in answer.content.decode()


def test_preview_is_for_who_was_given_it(
    client: Client, run: Run, architect: User, make_user: Callable[..., User]
) -> None:
    token = preview_token(campaign=run.campaign, version=None, actor=architect)
    for forged in (token[:-1] + ("A" if token[-1] != "A" else "B"), "x", token.split(":")[0]):
        assert client.get(f"/m/preview/{forged}/").status_code == 404
    stranger = make_user("stranger", Role.GROUP_OPERATOR, Team.objects.create(name="华南"))
    with pytest.raises(NotAllowed):
        preview_token(campaign=run.campaign, actor=stranger)
    other = live_version(make_run("assist"), RULES)
    mixed = preview_token(campaign=run.campaign, version=other, actor=architect)
    assert client.get(f"/m/preview/{mixed}/").status_code == 404


def test_preview_of_a_public_page_is_not_the_public_page(client: Client, run: Run, architect: User) -> None:
    kept.forget()
    page = page_of(client, run)
    assert "预览" not in page
    assert "frame-ancestors 'none'" in client.get(f"/m/r/{run.pk}/")["Content-Security-Policy"]


class _Dangers(HTMLParser):
    """Scripts but our own, handlers and foreign sources, as a browser's parser would see them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        is_ours = (given.get("src") or "").startswith("/")
        if tag in ("iframe", "object", "base") or (tag in ("script", "img") and not is_ours):
            self.found.append(tag)
        self.found += [name for name in given if name.startswith("on") or name == "style"]
        self.found += [
            value for value in given.values() if (value or "").strip().lower().startswith("javascript:")
        ]


def _dangers(page: str) -> list[str]:
    parser = _Dangers()
    parser.feed(page)
    return parser.found
