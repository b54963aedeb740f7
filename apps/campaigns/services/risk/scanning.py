"""Looking again: what shows only after the giving, by a tick."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import OperationalError, connection
from django.db.models import Count, Q
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from apps.accounts.enums import NoticeLevel
from apps.campaigns.enums import UNSETTLED_RUN_STATES, FlagState, GrantState
from apps.campaigns.models import Flag, Grant, Run
from apps.campaigns.risk.policy import Policy, policy_of
from apps.campaigns.selectors.plans import plan_of
from apps.campaigns.selectors.risk_facts import full_facts
from apps.campaigns.services.granting.telling import tell_run
from apps.campaigns.services.risk.flags import heavy_entries
from apps.campaigns.services.risk.stopping import STOPPABLE, keep_and_stop

logger = logging.getLogger(__name__)

#: Rows are written by transactions that may be longer than a tick: looked at again for this long.
OVERLAP = timedelta(minutes=10)
#: Entries whose facts one query gathers.
BATCH = 200
_ARRIVED = frozenset(set(GrantState) - STOPPABLE - {GrantState.HELD, GrantState.UNFUNDED, GrantState.VOID})

#: What somebody did, and what somebody's leaving says of what they did before.
_DUE = """
SELECT id FROM campaigns_entry WHERE run_id = %(run)s AND updated_at >= %(since)s
UNION
SELECT c.entry_id FROM groups_membership AS m JOIN campaigns_contribution AS c ON c.member_id = m.member_id
WHERE c.run_id = %(run)s AND c.is_new_member AND m.left_at >= %(since)s
ORDER BY 1"""


def scan_recent(*, now: datetime) -> int:
    """Look at what happened since the last time in every run that is not settled; returns how many flags are new.

    A run's ``watched_until`` says how far the last look came, so a lost tick loses nothing (C10). A run that fails
    is logged and tried again.
    """
    written = 0
    runs = Run.objects.filter(state__in=UNSETTLED_RUN_STATES).order_by("pk").values_list("pk", flat=True)
    for run_id in runs:
        try:
            written += scan_run(run_id=run_id, now=now)
        except OperationalError as error:  # a deadlock, a lock that took too long: the next tick
            logger.warning("risk of run %s is busy: %s", run_id, error)
        except Exception:
            logger.exception("risk of run %s could not be looked at", run_id)
    return written


def scan_run(*, run_id: int, now: datetime) -> int:
    """Look at one run's entries that changed; returns how many flags are new or worse. Twice is once.

    Suspicious entries' grants that have not set out are held; where something has, the run's people are told.
    """
    run = Run.objects.select_related("campaign__owner", "campaign__team").get(pk=run_id)
    policy = policy_of(plan_of(run.pk, run.revision).risk)
    since = (run.watched_until or run.opens_at) - OVERLAP
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"run": run.pk, "since": since})
        due = [row[0] for row in cursor.fetchall()]
    written = 0
    for start in range(0, len(due), BATCH):
        written += _look(due[start : start + BATCH], policy, now=now)
    Run.objects.filter(pk=run.pk).update(watched_until=now)
    if written:
        _tell(run, policy, now=now)
    return written


def _look(entry_ids: Sequence[int], policy: Policy, *, now: datetime) -> int:
    written = 0
    for entry_id, facts in full_facts(entry_ids, policy).items():
        findings = policy.look(facts)
        # Almost every entry ends here, unlocked. Who is suspicious already may have got something meanwhile.
        if findings or Flag.objects.filter(entry_id=entry_id, state=FlagState.OPEN).exists():
            written += keep_and_stop(facts, findings, policy, now=now)
    return written


def _tell(run: Run, policy: Policy, *, now: datetime) -> None:
    """Once a day and run: how many entries wait, and how many of their gifts had set out before."""
    heavy = heavy_entries(run.pk, policy.hold_from)
    if not heavy:
        return
    grants = Grant.objects.filter(entry__in=heavy).aggregate(
        held=Count("pk", filter=Q(state=GrantState.HELD)), gone=Count("pk", filter=Q(state__in=_ARRIVED))
    )
    text = _("“%(run)s”有 %(entries)d 单待复核，扣住礼品 %(held)d 份。") % {
        "run": run,
        "entries": len(heavy),
        "held": grants["held"],
    }
    if grants["gone"]:
        text += _("另有 %(gone)d 份在查到之前已经发出，请看一眼。") % {"gone": grants["gone"]}
    tell_run(
        run,
        key=f"run:{run.pk}:risk:{now:%Y%m%d}",
        text=text,
        url=_queue_url(),
        level=NoticeLevel.WARNING,
    )


def _queue_url() -> str:
    try:
        return reverse("admin:campaigns_flag_queue")
    except NoReverseMatch:
        return ""
