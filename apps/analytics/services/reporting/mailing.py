"""Mailing reports: one letter per person, outside of any transaction, never twice.

Each person's letter goes its own way: one that is refused is tried again without the others waiting for it, and one
that was in the hand of a process that died may have left, so it is not sent again.
"""

import logging
from datetime import datetime, timedelta
from time import monotonic

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.enums import NoticeLevel
from apps.accounts.models import User
from apps.accounts.services.notices import notify
from apps.analytics.enums import IssueState
from apps.analytics.models import ReportIssue
from apps.core.failpoints import failpoint

logger = logging.getLogger(__name__)

_OK, _SENDING = "ok", "sending"
_TRIES = 3
#: Whoever holds a letter for longer, counted from when they took it, was killed.
_LOST_AFTER = timedelta(minutes=15)
#: A person's try begins: how many there were, and when this one was.
_CLAIM = """
UPDATE analytics_reportissue SET attempts = attempts + 1, mail = jsonb_set(mail, ARRAY[%(person)s], to_jsonb(%(word)s::text)),
  tries = tries || jsonb_build_object(
    %(person)s::text, jsonb_build_array(coalesce((tries->%(person)s->>0)::int, 0) + 1, %(at)s::text))
WHERE id = %(issue)s AND state = 'made' AND mail->>%(person)s = ''
RETURNING (tries->%(person)s->>0)::int
"""
_NOTE = "UPDATE analytics_reportissue SET mail = jsonb_set(mail, ARRAY[%s], to_jsonb(%s::text)) WHERE id = %s"


def mail_reports(*, now: datetime, limit: int = 50) -> int:
    """Send what waits; returns how many letters left. Each is claimed and committed before its first byte goes out."""
    sent, began = 0, monotonic()
    for issue in (
        ReportIssue.objects.filter(state=IssueState.MADE).select_related("plan").order_by("due_at")[:limit]
    ):
        for person, word in issue.mail.items():
            if word == "":  # letters take their time: each says when it was taken in hand
                sent += _send(issue, person, now + timedelta(seconds=monotonic() - began))
        _finish(issue.pk, now)
    return sent


def _send(issue: ReportIssue, person: str, at: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"person": person, "word": _SENDING, "at": at.isoformat(), "issue": issue.pk})
        claimed = cursor.fetchone()
    if claimed is None:
        return 0
    user = User.objects.filter(pk=int(person), is_active=True).exclude(email="").first()
    if user is None:
        _note(issue, person, _("收件人已停用或没有邮箱"))
        return 0
    title = issue.text.partition("\n")[0]
    letter = EmailMessage(f"{settings.EMAIL_SUBJECT_PREFIX}{title}", issue.text, to=[user.email])
    letter.extra_headers["Message-ID"] = f"<report-{issue.pk}-{person}@community-ops.invalid>"
    try:
        letter.send()
    except OSError as error:  # SMTPException is one
        logger.warning("a report could not be mailed", extra={"issue": issue.pk, "error": str(error)[:200]})
        is_last = claimed[0] >= _TRIES
        _note(issue, person, str(error)[:200] or type(error).__name__ if is_last else "")
        return 0
    failpoint("report.sent")
    _note(issue, person, _OK)
    return 1


def _note(issue: ReportIssue, person: str, word: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [person, word, issue.pk])


@transaction.atomic
def _finish(pk: int, now: datetime) -> None:
    """Close the issue when nothing waits any more; its owner hears what did not leave."""
    issue = (
        ReportIssue.objects.select_for_update(of=("self",)).select_related("owner", "plan__owner").get(pk=pk)
    )
    words = list(issue.mail.values())
    is_held = any(
        word == _SENDING and _taken_at(issue, person) >= now - _LOST_AFTER
        for person, word in issue.mail.items()
    )
    if issue.state != IssueState.MADE or "" in words or is_held:
        return
    failed = [word for word in words if word != _OK]
    issue.state, issue.finished_at = IssueState.FAILED if failed else IssueState.SENT, now
    issue.save(update_fields=["state", "finished_at"])
    if failed:
        notify(
            users=[issue.owner or issue.plan.owner],
            key=f"report.failed:{issue.pk}",
            text=_("定时报告“%(name)s”有 %(n)d 封邮件没发出：%(why)s")
            % {
                "name": issue.plan.name,
                "n": len(failed),
                "why": _("不知道到没到") if failed[0] == _SENDING else failed[0],
            },
            url=reverse("admin:analytics_reportplan_change", args=[issue.plan_id]),
            level=NoticeLevel.WARNING,
        )


def _taken_at(issue: ReportIssue, person: str) -> datetime:
    """When the letter was taken in hand last; when the report was made, of one that no try is known of."""
    found = issue.tries.get(person)
    return datetime.fromisoformat(found[1]) if found else issue.made_at
