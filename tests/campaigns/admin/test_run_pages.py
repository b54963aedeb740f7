"""Watching and steering a run: list, monitor, interventions, acting for a member, what waits, results."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook
from PIL import Image

from apps.accounts.models import AuditEntry
from apps.campaigns.enums import EntryState, GrantState, PartState, RunState
from apps.campaigns.models import Campaign, Contribution, Entry, Grant, Run, RunStock
from apps.campaigns.selectors.monitor import monitor_of
from apps.campaigns.selectors.staff_work import count_work, waiting_work
from apps.campaigns.selectors.trends import count_trend
from apps.core.clock import database_now
from tests.campaigns.factories import make_benefit, make_member
from tests.campaigns.play import play, start

RUNS = "admin:campaigns_run_changelist"
ENTRIES = "admin:campaigns_entry_changelist"


@pytest.fixture(autouse=True)
def _nothing_kept():
    cache.clear()


def page(client, name, *args, query="", **data):
    url = reverse(f"admin:campaigns_{name}", args=args) + query
    return client.post(url, data) if data else client.get(url)


def played(team_run, *, stages=(2,), friends=3, **more):
    """A run with one entry whose owner was helped by ``friends``."""
    points = make_benefit()
    run = team_run("assist", {"stages": stages}, slots={f"stage_{stages[0]}": points}, **more)
    entry = start(run, make_member("小鹿"))
    for _number in range(min(friends, stages[-1])):
        play(entry, "help", make_member())
    return run, Entry.objects.get(pk=entry.pk)


def test_list_costs_the_same_for_one_run_and_three(desk, team_run, django_assert_num_queries):
    team_run("assist")
    page(desk, "run_changelist")
    with django_assert_num_queries(10):
        page(desk, "run_changelist")
    team_run("swap")
    played(team_run)
    with django_assert_num_queries(10):
        html = page(desk, "run_changelist").content.decode()
    assert html.count('class="ca-mark"') == 3


def test_entries_cost_the_same_for_one_and_three(desk, team_run, django_assert_num_queries):
    run, _entry = played(team_run)
    page(desk, "entry_changelist")
    with django_assert_num_queries(7):
        page(desk, "entry_changelist")
    for _number in range(2):
        start(run, make_member())
    with django_assert_num_queries(7):
        page(desk, "entry_changelist")


def test_monitor_counts_what_is_there(team_run, django_assert_num_queries):
    """A2: every figure is counted from the rows."""
    run, entry = played(team_run, stages=(2, 5), friends=3, budget=Decimal("10.00"))
    start(run, make_member())
    run = Run.objects.select_related("campaign").get(pk=run.pk)
    monitor_of(run, now=timezone.now())
    with django_assert_num_queries(7):
        found = monitor_of(run, now=timezone.now())
    with django_assert_num_queries(7):
        trend = count_trend(run, now=timezone.now())
    assert (found.entry_count, found.live_count, found.won, found.seats) == (2, 2, 0, 3)
    assert found.per_minute == Decimal("0.3")
    assert (found.granted, found.delivered, found.stock.granted_cost) == (1, 1, Decimal("1.00"))
    assert found.happenings[0].entry != entry
    assert (trend.members, trend.new_members, trend.helped) == (5, 3, 1)
    assert [(one.name, one.counted, one.new) for one in trend.inviters] == [("小鹿", 3, 3)]
    assert sum(bar.entries for bar in trend.bars) == 2
    assert sum(bar.parts for bar in trend.bars) == 3


def test_monitor_of_a_ranked_run_has_its_board(desk, team_run):
    run = team_run("contest", {"metric": "check_in"})
    entry = start(run, make_member("小鹿"))
    play(entry, "check_in", entry.owner)
    html = desk.get(run.get_absolute_url()).content.decode()
    assert 'data-testid="board"' in html
    assert "小**" in html


@pytest.mark.parametrize(
    "name", ["run_monitor", "run_live", "run_trend", "run_results", "run_act_for", "run_pending_of"]
)
def test_another_teams_run_is_as_if_it_were_not(client, stranger, team_run, name):
    """S1."""
    client.force_login(stranger)
    run, entry = played(team_run)
    assert page(client, name, run.pk).status_code == 404
    assert page(client, "entry_change", entry.pk).status_code == 404
    assert str(run.campaign) not in page(client, "run_changelist").content.decode()
    assert entry.code not in page(client, "entry_changelist").content.decode()


def test_who_may_do_what(client, make_user, clerk, team, team_run):
    from apps.accounts.enums import Role

    run, entry = played(team_run)
    part = entry.contributions.first()
    people = {
        "operator": make_user("op", Role.GROUP_OPERATOR, team),
        "editor": make_user("ed", Role.CONTENT_EDITOR, team),
        "clerk": clerk,
        "analyst": make_user("an", Role.ANALYST),
    }
    pages = {
        "monitor": ("run_monitor", [run.pk], "operator editor clerk analyst"),
        "pending": ("run_pending", [], "operator"),
        "act_for": ("run_act_for", [run.pk], "operator"),
        "results": ("run_results", [run.pk], "operator clerk analyst"),
        "entry": ("entry_change", [entry.pk], "operator clerk analyst"),
        "grants": ("grant_changelist", [], "operator clerk analyst"),
        "warehouse": ("grant_warehouse", [], "operator clerk"),
        "write_off": ("coupon_write_off", [], "operator clerk"),
        "benefit_add": ("benefit_add", [], "operator editor"),
        "codes": ("code_changelist", [], "operator clerk analyst"),
    }
    for who, user in people.items():
        client.force_login(user)
        for name, (url, args, may) in pages.items():
            expected = 200 if who in may.split() else 403
            assert page(client, url, *args).status_code == expected, (who, name)
        url = reverse("admin:campaigns_entry_revoke", args=[entry.pk, part.pk])
        if who != "operator":
            assert client.post(url, {"reason": "x"}).status_code == 403
            assert client.post(reverse("admin:campaigns_run_act", args=[run.pk, "pause"])).status_code == 403
    assert Run.objects.get(pk=run.pk).state == RunState.OPEN


def test_interventions_say_what_they_bring_and_are_audited(desk, team_run):
    run, _entry = played(team_run, stages=(5,), stock=10, budget=Decimal("10.00"))
    html = desk.get(run.get_absolute_url()).content.decode()
    for verb in ("pause", "end", "extend", "stock", "budget"):
        assert f'data-testid="dialog-{verb}"' in html
    assert "计时不停" in html
    page(desk, "run_act", run.pk, "pause", reason="库房盘点")
    assert Run.objects.get(pk=run.pk).state == RunState.PAUSED
    page(desk, "run_act", run.pk, "resume", reason="")
    page(desk, "run_act", run.pk, "stock", by="5")
    page(desk, "run_act", run.pk, "budget", budget="20.50")
    stock = RunStock.objects.get(run=run)
    assert (stock.stock, stock.budget) == (15, Decimal("20.50"))
    later = timezone.localtime(run.closes_at + timedelta(days=2)).replace(second=0, microsecond=0)
    page(desk, "run_act", run.pk, "extend", closes_at=f"{later:%Y-%m-%dT%H:%M}")
    assert Run.objects.get(pk=run.pk).closes_at == later
    page(desk, "run_act", run.pk, "end", reason="卖完了")
    assert Run.objects.get(pk=run.pk).state != RunState.OPEN
    done = set(AuditEntry.objects.filter(target=f"campaigns.run:{run.pk}").values_list("action", flat=True))
    assert {"run.pause", "run.resume", "run.stock", "run.budget", "run.extend"} <= done


def test_wrong_input_changes_nothing_and_says_why(desk, team_run):
    run, _entry = played(team_run, stock=10)
    answer = desk.post(
        reverse("admin:campaigns_run_act", args=[run.pk, "stock"]), {"by": "much"}, follow=True
    )
    assert [str(message) for message in answer.context["messages"]]
    assert RunStock.objects.get(run=run).stock == 10


def test_revoking_rederives_and_is_audited(desk, team_run):
    """C13: the count follows, the reason is kept; a second time is refused."""
    _run, entry = played(team_run, stages=(2, 5), friends=2)
    part = entry.contributions.order_by("-id").first()
    url = reverse("admin:campaigns_entry_revoke", args=[entry.pk, part.pk])
    desk.post(url, {"reason": "  "})
    assert Entry.objects.get(pk=entry.pk).count == 2
    desk.post(url, {"reason": "机器人"})
    assert Entry.objects.get(pk=entry.pk).count == 1
    assert Contribution.objects.get(pk=part.pk).state == PartState.VOID
    assert AuditEntry.objects.get(action="contribution.revoke").reason == "机器人"
    desk.post(url, {"reason": "再来"})
    assert AuditEntry.objects.filter(action="contribution.revoke").count() == 1


def test_acting_for_a_member_goes_through_the_engine_once(desk, team_run, seen_member):
    """C11: pressing twice does it once; the audit says who did it for whom."""
    run = team_run("assist", {"stages": (2,)})
    member, friend = seen_member("小鹿"), seen_member("小马")
    html = page(desk, "run_act_for", run.pk, query="?q=小鹿").content.decode()
    assert f"?member={member.pk}" in html
    url = reverse("admin:campaigns_run_act_for", args=[run.pk])
    for _press in range(2):
        desk.post(f"{url}?member={member.pk}&verb=start", {"key": "staff-1"})
    entry = Entry.objects.get(run=run)
    assert entry.owner == member
    desk.post(f"{url}?member={friend.pk}&code={entry.code}&verb=help", {"key": "staff-2"})
    assert Entry.objects.get(pk=entry.pk).count == 1
    assert AuditEntry.objects.filter(action="campaign.act_for_member").count() == 2
    refused = desk.post(f"{url}?member={friend.pk}&code={entry.code}&verb=help", {"key": "staff-3"})
    assert refused.status_code == 200
    assert "已" in " ".join(str(message) for message in refused.context["messages"])


def test_members_of_other_teams_cannot_be_acted_for(desk, team_run):
    run = team_run("assist")
    member = make_member("外人")
    assert not page(desk, "run_act_for", run.pk, query="?q=外人").context["found"]
    url = reverse("admin:campaigns_run_act_for", args=[run.pk])
    desk.post(f"{url}?member={member.pk}&verb=start", {"key": "k"})
    assert not Entry.objects.exists()


def _picture() -> SimpleUploadedFile:
    data = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(data, "JPEG")
    return SimpleUploadedFile("shot.jpg", data.getvalue(), "image/jpeg")


def test_a_screenshot_waits_is_seen_and_is_decided(
    desk, client, stranger, operator, team_run, seen_member, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    run = team_run("assist", {"stages": (2,), "needs_proof": True})
    entry = start(run, seen_member("小鹿"))
    friend = seen_member("小马")
    url = reverse("admin:campaigns_run_act_for", args=[run.pk])
    desk.post(
        f"{url}?member={friend.pk}&code={entry.code}&verb=help",
        {"key": "k", "p_photos": [_picture(), _picture()]},
    )
    part = Contribution.objects.get(entry=entry)
    assert part.state == PartState.PENDING
    assert len(part.data["photos"]) == 2
    assert count_work(operator) == count_work(operator, run=run) == 1
    html = page(desk, "run_pending").content.decode()
    assert f'data-testid="task-{entry.pk}-{part.pk}"' in html
    photo = reverse("admin:campaigns_entry_photo", args=[entry.pk]) + f"?name={part.data['photos'][0]}"
    shown = desk.get(photo)
    assert shown["Content-Type"] == "image/jpeg"
    assert b"".join(shown.streaming_content).startswith(b"\xff\xd8")
    assert desk.get(photo + "x").status_code == 404
    desk.post(
        reverse("admin:campaigns_entry_decide", args=[entry.pk, "review"]),
        {"part": part.pk, "p_accept": "1", "p_note": "好", "next": reverse("admin:campaigns_run_pending")},
    )
    assert Contribution.objects.get(pk=part.pk).state == PartState.COUNTED
    assert count_work(operator) == 0
    client.force_login(stranger)
    assert client.get(photo).status_code == 404
    assert count_work(stranger) == 0


def test_a_listing_waits_and_a_payment_does_not(operator, team_run):
    """Found from the registry: moderation waits; a seat that awaits its payment is nobody's task."""
    swap = team_run("swap", {"needs_moderation": True, "photos_least": 0})
    listed = start(swap, make_member(), title="台灯", description="八成新")
    assert listed.state == EntryState.PENDING
    assert count_work(operator) == 1
    start(team_run("group_buy", {"size": 2, "price": "9.90"}), make_member())
    assert Contribution.objects.filter(state=PartState.PENDING).exists()
    assert count_work(operator) == 1


def _disputed(run):
    """A lamp for a book, disputed by the book's owner; returns the lamp, the book and their owners."""
    owner, partner = make_member("灯主"), make_member("书主")
    lamp = start(run, owner, title="台灯", description="八成新", photos=["lamp.jpg"])
    book = start(run, partner, title="旧书", photos=["book.jpg"])
    play(lamp, "offer", partner, item=book.code)
    play(lamp, "accept", owner, part=Contribution.objects.get(entry=lamp).pk)
    play(lamp, "confirm", owner)
    play(lamp, "dispute", partner, reason="灯不亮")
    return lamp, book, owner, partner


def test_a_dispute_is_one_task_that_shows_both_sides(desk, operator, team_run, django_assert_max_num_queries):
    run = team_run("swap", {"needs_moderation": False})
    lamp, book, owner, _partner = _disputed(run)
    assert count_work(operator) == 1, "the book is decided with the lamp"
    [task] = waiting_work(operator)
    assert task.entry == lamp
    assert [other.entry for other in task.others] == [book]
    assert task.others[0].photos == ["book.jpg"]
    html = page(desk, "run_pending").content.decode()
    for words in ("灯不亮", "书主", "灯主", "还没有说明情况", "已确认收到", "旧书", "lamp.jpg", "book.jpg"):
        assert words in html
    play(lamp, "dispute", owner, reason="寄出去是亮的")
    for name, args in (("run_pending", []), ("entry_change", [lamp.pk])):
        html = page(desk, name, *args).content.decode()
        assert "灯不亮" in html
        assert "寄出去是亮的" in html
        assert "还没有说明情况" not in html
    for _number in range(3):
        _disputed(run)
    with django_assert_max_num_queries(4):
        assert len(waiting_work(operator)) == 4
    desk.post(
        reverse("admin:campaigns_entry_decide", args=[lamp.pk, "arbitrate"]),
        {"p_complete": "1", "p_note": "看过照片"},
    )
    lamp.refresh_from_db()
    book.refresh_from_db()
    assert (lamp.state, book.state) == (EntryState.WON, EntryState.WON)
    assert count_work(operator) == 3


def test_deciding_leads_nowhere_else(desk, team_run):
    swap = team_run("swap", {"needs_moderation": True, "photos_least": 0})
    listed = start(swap, make_member(), title="台灯", description="八成新")
    url = reverse("admin:campaigns_entry_decide", args=[listed.pk, "moderate"])
    answer = desk.post(url, {"p_accept": "1", "next": "https://evil.example/"})
    assert answer["Location"] == reverse("admin:campaigns_entry_change", args=[listed.pk])
    assert Entry.objects.get(pk=listed.pk).state == EntryState.OPEN
    assert desk.post(reverse("admin:campaigns_entry_decide", args=[listed.pk, "offer"])).status_code == 404


def test_entry_page_tells_the_whole_story(desk, team_run):
    run, entry = played(team_run)
    html = page(desk, "entry_change", entry.pk).content.decode()
    assert html.count('data-testid="part-') == 2
    assert Grant.objects.get(entry=entry).state == GrantState.ISSUED
    assert "小鹿" in html
    assert run.get_absolute_url() in html
    assert (
        desk.get(reverse(ENTRIES), {"q": f"https://h5.example/e/{entry.code}"})
        .content.decode()
        .count(entry.code)
    )


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_results_are_masked_and_safe_to_open(desk, team_run, kind):
    """S5, M3: no formula runs, no phone is shown."""
    run, entry = played(team_run)
    entry.owner.nickname = "=1+1"
    entry.owner.save()
    # A random code may begin with "-", and is then made harmless too.
    entry.code = f"a{entry.code[1:]}"
    entry.save()
    answer = page(desk, "run_results", run.pk, format=kind)
    data = b"".join(answer.streaming_content)
    if kind == "csv":
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    else:
        book = load_workbook(io.BytesIO(data))
        rows = [[cell.value for cell in row] for row in book.active.rows]
        assert all(cell.data_type != "f" for row in book.active.rows for cell in row)
    assert rows[1][0] == entry.code
    assert rows[1][2] == "'=1+1"
    assert "****" in rows[1][3]
    assert Decimal(str(rows[1][12])) == Decimal("1.00")
    assert AuditEntry.objects.get(action="run.export").detail["count"] == 1
    refused = page(desk, "run_results", run.pk, format=kind, full="1", reason="核对")
    assert b'data-testid="error"' in refused.content


def test_home_says_what_ends_within_the_hour(desk, team_run):
    now = database_now()
    run = team_run("assist", opens_at=now - timedelta(days=1), closes_at=now + timedelta(minutes=30))
    team_run("assist", opens_at=now - timedelta(days=1), closes_at=now + timedelta(hours=3))
    html = desk.get("/admin/").content.decode()
    assert 'data-testid="home-runs"' in html
    assert html.count(run.get_absolute_url()) == 1


@pytest.mark.parametrize("typed", ["0001-01-01T00:00", "9999-12-31T23:59", "9000-01-01T00:00", "x"])
def test_a_mistyped_end_is_refused_and_the_monitor_goes_on(desk, team_run, typed):
    run = team_run("assist")
    Campaign.objects.update(timezone="America/New_York")
    url = f"/admin/campaigns/run/{run.pk}"
    assert desk.get(f"{url}/consequences/", {"closes_at": typed}).status_code == 200
    assert desk.post(f"{url}/do/extend/", {"closes_at": typed, "reason": "x"}).status_code == 302
    assert desk.get(f"{url}/monitor/").status_code == 200
    assert Run.objects.get(pk=run.pk).closes_at == run.closes_at


@pytest.mark.parametrize("back", ["true", "//evil.example/", "https:evil.example", "a:b", "\\\\evil.example"])
def test_after_a_decision_one_comes_back_to_our_own_pages_only(desk, team_run, seen_member, back):
    """S2: no open redirect, and no server error for a place that is none."""
    entry = start(team_run("assist"), seen_member())
    answer = desk.post(f"/admin/campaigns/entry/{entry.pk}/decide/review/", {"next": back, "part": "1"})
    assert (answer.status_code, answer.url) == (302, f"/admin/campaigns/entry/{entry.pk}/change/")


def test_a_reason_with_nul_is_kept_without_it(desk, team_run):
    run = team_run("assist")
    assert (
        desk.post(f"/admin/campaigns/run/{run.pk}/results/", {"reason": "对账\0", "full": "0"}).status_code
        == 200
    )
    url = f"/admin/campaigns/campaign/{run.campaign_id}/do/pause/"
    assert desk.post(url, {"reason": "假期\0"}).status_code == 302
    assert AuditEntry.objects.get(action="campaign.pause").reason == "假期"
