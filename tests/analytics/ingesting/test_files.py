"""A file of facts, through the import engine (M1)."""

import io
from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override

from apps.accounts.enums import Role
from apps.accounts.models import Team
from apps.analytics.services.ingesting import ingest
from apps.core.clock import database_now
from apps.events.enums import EventKind
from apps.events.models import Event
from apps.imports.services.jobs import confirm, create_job, request_undo
from apps.imports.services.targets import get_target
from apps.imports.services.working import work_next
from tests.analytics.ingesting.conftest import make_people, make_source

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("facts_fit")]
HEAD = "事件,发生时间,去重标识,成员手机,社群,数值,渠道,活动编号,订单号,说明\n"


def run_import(rows: str, *, actor=None):
    job = create_job(
        target=get_target("events"), file=io.BytesIO((HEAD + rows).encode()), name="x.csv", actor=actor
    )
    confirm(job=job, actor=actor)
    return work_next(job_id=job.pk)


def codes(job):
    return {problem["code"]: problem["count"] for problem in job.problems}


def test_a_file_is_written_once_and_says_what_it_refused(team, make_user):
    group, member = make_people(team)
    other_group, other = make_people(Team.objects.create(name="别队"))
    actor = make_user("op", Role.GROUP_OPERATOR, team)
    day = f"{database_now() - timedelta(days=2):%Y-%m-%d}"
    rows = "\n".join(
        [
            f"投放花费,{day},,,,350.00,抖音,,,春节",
            f"投放花费,{day},,,,350.00,抖音,,,春节",  # the same row again is the same fact
            f"投放花费,{day},a,,,-50,抖音,,,",
            f"群内打卡,{day} 08:00,,{member.phone},{group.name},,,,,",
            f"付款,{day} 09:00,,{member.phone},,12.5,,,S1,",
            f"付款,{day} 09:00,,{member.phone},,12.5,,,,",  # no number
            f"付款,{day} 09:00,,{member.phone},,-1,,,S2,",
            f"群内打卡,{day} 08:00,,{member.phone},,,,,,",
            f"群内打卡,{day} 08:00,,{member.phone},{other_group.name},,,,,",
            f"群内打卡,{day} 08:00,,{other.phone},{group.name},,,,,",
            f"投放花费,{day},,{member.phone},,1,,,,",
            f"投放花费,{day},,,,1,,999999,,",
            "投放花费,1999-01-01,,,,1,,,,",
            f"发起参与,{day},,{member.phone},,,,,,",
            "投放花费,,,,,1,,,,",
        ]
    )
    job = run_import(rows, actor=actor)
    assert (job.created_count, job.rejected_count) == (4, 10), codes(job)
    assert {"fact.no_order_no", "fact.negative", "fact.group_missing", "fact.no_group", "fact.nobody"} <= set(
        codes(job)
    )
    assert {"fact.no_member_wanted", "fact.no_campaign", "fact.too_old", "fact.no_time"} <= set(codes(job))
    spent = Event.objects.filter(kind="spend.recorded")
    assert sorted((event.value, event.team_id) for event in spent) == [(-50, team.pk), (350, team.pk)]
    paid = Event.objects.get(kind="order.paid")
    assert (paid.member_id, paid.source, paid.subject, paid.actor) == (member.pk, "抖音", "order:S1", actor)

    again = run_import(rows, actor=actor)
    assert (again.created_count, again.unchanged_count) == (0, 5)
    request_undo(job=job, actor=actor, now=database_now(), reason="导错了文件")
    undone = work_next(job_id=job.pk)
    assert Event.objects.exclude(kind__startswith="member.imp").count() == 4
    assert undone.undo["reasons"] == {"fact.for_ever": 4}


def test_a_file_and_the_api_have_one_rule_for_what_has_not_happened_yet(team, make_user, make_item):
    actor = make_user("op", Role.GROUP_OPERATOR, team)
    now = database_now()
    source = make_source(team)[0]
    for ahead, is_taken in ((-1, True), (3, True), (8, False), (60 * 20, False)):
        at = now + timedelta(minutes=ahead)
        job = run_import(f"投放花费,{timezone.localtime(at):%Y-%m-%d %H:%M:%S},,,,1,,,,{ahead}", actor=actor)
        item = make_item(None, None, kind="spend.recorded", value=1, occurred_at=at.isoformat())
        answer = ingest(source=source, items=[item], now=now)
        assert (job.created_count, answer.accepted) == (is_taken, is_taken), ahead


def test_kinds_are_understood_in_every_language_and_by_their_codes(team, make_user):
    day = f"{database_now() - timedelta(days=2):%Y-%m-%d}"
    with override("en"):
        english = str(EventKind.SPEND_RECORDED.label)
    assert english != EventKind.SPEND_RECORDED.label
    words = ("投放花费", english, english.upper(), "spend.recorded")
    actor = make_user("op", Role.GROUP_OPERATOR, team)
    job = run_import("".join(f"{word},{day},{n},,,1,,,,\n" for n, word in enumerate(words)), actor=actor)
    assert (job.created_count, job.rejected_count) == (4, 0), codes(job)
