"""Due reports are written once per period, with their robot messages, in one transaction each."""

import logging
from collections import deque
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.enums import NoticeLevel
from apps.accounts.services.notices import notify
from apps.analytics.enums import IssueState
from apps.analytics.models import ReportIssue, ReportPlan
from apps.analytics.selectors.report_times import days_of, next_due
from apps.analytics.services.reporting.writing import Report, write_report
from apps.channels.models import Channel
from apps.channels.services.outbox import Draft, create_deliveries
from apps.core.errors import DomainError

logger = logging.getLogger(__name__)
#: Later than this a report of the past is no news: it is told as missed.
LATE_AFTER = timedelta(hours=6)
#: So many missed periods are written down one by one after a long outage, the latest; all are counted.
_MOST_MISSED = 40
_CUTOFF = timedelta(hours=4)


def make_due_reports(*, now: datetime, limit: int = 50) -> int:
    """Write every report that is due by ``now`` (the database's clock, D7); returns how many.

    Any number may run at once: a plan is locked while its report is written, and a period has one report.
    """
    due = ReportPlan.objects.filter(is_on=True, next_at__lte=now).order_by("next_at", "pk")
    made = 0
    for pk in due.values_list("pk", flat=True)[:limit]:
        try:
            made += _make(pk, now)
        except Exception:  # one plan's trouble is not the others'
            logger.exception("report plan %s could not be made", pk)
    return made


@transaction.atomic
def _make(pk: int, now: datetime) -> int:
    plans = ReportPlan.objects.select_for_update(of=("self",), skip_locked=True).select_related(
        "owner", "team"
    )
    plan = plans.filter(pk=pk, is_on=True, next_at__lte=now).first()
    if plan is None:
        return 0
    times, passed = deque([plan.next_at], maxlen=_MOST_MISSED + 1), 1
    while (later := next_due(plan, times[-1])) <= now:
        times.append(later)
        passed += 1
    made = 0
    if times[-1] >= now - LATE_AFTER:
        made, passed = _issue(plan, times.pop(), now), passed - 1
    if passed:
        _tell_missed(plan, list(times)[-_MOST_MISSED:], count=passed)
    ReportPlan.objects.filter(pk=plan.pk).update(next_at=next_due(plan, now), updated_at=F("updated_at"))
    return made


def _issue(plan: ReportPlan, due_at: datetime, now: datetime) -> int:
    try:
        report = write_report(plan, due_at=due_at)
    except DomainError as error:
        _tell_missed(plan, [due_at], reason=str(error))
        return 0
    people = [person.pk for person in plan.people.filter(is_active=True).exclude(email="").order_by("pk")]
    period = report.period
    issue, is_new = ReportIssue.objects.get_or_create(
        plan=plan,
        due_at=due_at,
        defaults={
            "first_day": period.first,
            "last_day": period.last,
            "text": report.text,
            "owner": plan.owner,
            "mail": {str(person): "" for person in people},
            "made_at": now,
        },
    )
    if not is_new:
        return 0
    issue.deliveries = _to_robots(plan, issue, report, now)
    if not people:
        issue.state, issue.finished_at = IssueState.SENT, now
    issue.save()
    return 1


def _to_robots(plan: ReportPlan, issue: ReportIssue, report: Report, now: datetime) -> int:
    """Through the outbox, to robots that the owner may still use."""
    channels = Channel.objects.visible_to(plan.owner).filter(pk__in=plan.channels.values("pk")).order_by("pk")
    drafts = [
        Draft(
            key=f"report:{issue.pk}:channel:{channel.pk}",
            channel_id=channel.pk,
            team_id=channel.team_id,
            recipient=channel.name,
            address="",
            subject=report.title,
            source_url=reverse("admin:analytics_reportplan_change", args=[plan.pk]),
            kind="text",
            content={"kind": "text", "text": report.short},
            due_at=now,
            cutoff_at=now + _CUTOFF,
        )
        for channel in channels
    ]
    return len(create_deliveries(drafts=drafts, now=now))


def _tell_missed(plan: ReportPlan, times: list[datetime], *, count: int = 1, reason: str = "") -> None:
    """Each of ``times`` stands in the history, and the owner hears once of all ``count`` that were missed."""
    words = reason or _("到点时后台任务没有运行")
    for due_at in times:
        period = days_of(plan, due_at)
        ReportIssue.objects.get_or_create(
            plan=plan,
            due_at=due_at,
            defaults={
                "owner": plan.owner,
                "first_day": period.first,
                "last_day": period.last,
                "state": IssueState.MISSED,
                "text": words,
                "finished_at": due_at,
            },
        )
    notify(
        users=[plan.owner],
        key=f"report.missed:{plan.pk}:{times[-1].isoformat()}",
        text=_("定时报告“%(name)s”错过了 %(n)d 次（最近一次 %(at)s）：%(why)s。")
        % {
            "name": plan.name,
            "n": count,
            "at": timezone.localtime(times[-1]).strftime("%m-%d %H:%M"),
            "why": words.rstrip("。"),
        },
        url=reverse("admin:analytics_reportplan_change", args=[plan.pk]),
        level=NoticeLevel.WARNING,
    )
