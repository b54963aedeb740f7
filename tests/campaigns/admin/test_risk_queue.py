"""风控复核 and the blacklist in the admin."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import AuditEntry, Team, User
from apps.campaigns.enums import BenefitKind, FlagState
from apps.campaigns.models import BlockedMember, Entry, Flag, Grant, Run
from apps.campaigns.services.engine import Origin, act, open_entry
from apps.campaigns.services.risk.appealing import appeal
from tests.campaigns.factories import make_benefit, make_member, make_run

pytestmark = pytest.mark.django_db
QUEUE = "/admin/campaigns/flag/queue/"


@pytest.fixture
def run(team: Team) -> Run:
    run = make_run(
        "assist", {"stages": [1], "helps_per_member": 9}, slots={"stage_1": make_benefit(BenefitKind.POINTS)}
    )
    run.campaign.team = team
    run.campaign.save()
    return run


def cheat(run: Run, device: str = "mine", *, is_heavy: bool = True) -> Entry:
    """An entry whose only helper sits at the owner's device, or in the owner's network."""
    owner, helper = make_member(), make_member()
    mine, theirs = Origin("home", device), Origin("home", device if is_heavy else "")
    made = open_entry(
        run_id=run.pk, member_id=owner.pk, params={}, key=f"o{owner.pk}", now=timezone.now(), origin=mine
    )
    act(
        code=made.code,
        verb="help",
        member_id=helper.pk,
        params={},
        key=f"h{helper.pk}",
        now=timezone.now(),
        origin=theirs,
    )
    return Entry.objects.get(pk=made.entry_id)


def test_queue_lists_why(desk: Client, run: Run) -> None:
    entry = cheat(run)
    appeal(member_id=entry.owner_id, code=entry.code, text="<b>一家人</b>", now=timezone.now())
    html = desk.get(QUEUE).content.decode()
    for words in (
        "60 分，门槛 60",
        "和发起人是同一台设备。",
        "扣住礼品 1 份，成本 1.00 元",
        "&lt;b&gt;一家人",
    ):
        assert words in html
    assert f'data-testid="case-{entry.pk}"' in html
    assert "下一页" not in html


def test_lighter_suspicion_is_shown_on_demand(desk: Client, run: Run) -> None:
    entry = cheat(run, is_heavy=False)
    case = f'data-testid="case-{entry.pk}"'
    assert case not in desk.get(QUEUE).content.decode()
    assert case in desk.get(QUEUE, {"all": "1", "run": run.pk}).content.decode()


def test_queue_asks_the_same_number_of_queries_for_one_and_three(
    desk: Client, run: Run, django_assert_num_queries
) -> None:
    cheat(run, "d0")
    desk.get(QUEUE)
    with django_assert_num_queries(10):
        desk.get(QUEUE)
    for device in ("d1", "d2"):
        cheat(run, device)
    desk.get(QUEUE)  # the sidebar's counts are kept for some seconds
    with django_assert_num_queries(10):
        desk.get(QUEUE)


def test_one_release_and_a_second_click(desk: Client, run: Run, operator: User) -> None:
    entry = cheat(run)
    data = {"entry": entry.pk, "verdict": "release", "note": "家人"}
    for words in ("已放行 1 单，发出礼品 1 份", "已经复核过了"):
        assert words in desk.post(QUEUE, data, follow=True).content.decode()
    assert Grant.objects.get().state == "issued"
    assert Flag.objects.get().decided_by == operator
    assert AuditEntry.objects.filter(action="flag.release").count() == 1


def test_bulk_void_needs_a_note_and_entries(desk: Client, run: Run) -> None:
    entries = [cheat(run, f"d{number}") for number in range(2)]
    data = {"entry": [entry.pk for entry in entries], "verdict": "void", "note": ""}
    assert "请写明复核的理由" in desk.post(QUEUE, data, follow=True).content.decode()
    assert "先勾选" in desk.post(QUEUE, {"verdict": "void", "note": "x"}, follow=True).content.decode()
    assert Flag.objects.filter(state=FlagState.OPEN).count() == 2
    html = desk.post(QUEUE, data | {"note": "刷单"}, follow=True).content.decode()
    assert "已处理 2 单：作废记录 2 条、礼品 2 份" in html
    assert set(Grant.objects.values_list("state", flat=True)) == {"void"}


def test_other_teams_and_other_roles_see_and_decide_nothing(client: Client, run: Run, make_user) -> None:
    """S1."""
    entry = cheat(run)
    outsider = make_user("outsider", "group_operator", Team.objects.create(name="华南组"))
    client.force_login(outsider)
    assert f'data-testid="case-{entry.pk}"' not in client.get(QUEUE).content.decode()
    html = client.post(
        QUEUE, {"entry": entry.pk, "verdict": "void", "note": "x"}, follow=True
    ).content.decode()
    assert "属于别的团队" in html
    client.force_login(make_user("service", "member_service"))
    assert client.get(QUEUE).status_code == 403
    assert Flag.objects.get().state == FlagState.OPEN


def test_badge_and_record(desk: Client, run: Run) -> None:
    cheat(run)
    assert "风控复核" in desk.get("/admin/").content.decode()
    html = desk.get(reverse("admin:campaigns_flag_changelist")).content.decode()
    assert "自己帮自己 · 和发起人是同一台设备。" in html


def test_blacklist_is_added_and_lifted_with_reasons(client: Client, architect: User) -> None:
    client.force_login(architect)
    member = make_member("羊毛党")
    add = reverse("admin:campaigns_blockedmember_add")
    client.post(add, {"member": member.pk, "reason": ""})
    assert not BlockedMember.objects.exists()
    client.post(add, {"member": member.pk, "reason": "多次刷单"})
    row = BlockedMember.objects.get()
    assert row.blocked_by == architect
    assert "羊毛党" in client.get(reverse("admin:campaigns_blockedmember_changelist")).content.decode()
    lift = reverse("admin:campaigns_blockedmember_delete", args=[row.pk])
    assert "多次刷单" in client.get(lift).content.decode()
    assert "请写明原因" in client.post(lift, {"reason": ""}, follow=True).content.decode()
    client.post(lift, {"reason": "认错了人"})
    assert not BlockedMember.objects.exists()
    assert list(
        AuditEntry.objects.filter(action__startswith="member.").values_list("action", flat=True)[:2]
    ) == [
        "member.unblock",
        "member.block",
    ]
