"""What beat does about runs that are over. The tables decide what is due; any number of beats may run (C10, D7)."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, transaction
from django.utils.translation import gettext as _

from apps.accounts.enums import NoticeLevel
from apps.campaigns.enums import RUN_MOVES, RunState
from apps.campaigns.models import Run
from apps.campaigns.selectors.plans import Plan, plan_of
from apps.campaigns.services.granting.pending import issue_pending
from apps.campaigns.services.risk.scanning import scan_run
from apps.campaigns.services.runs.access import lock_run
from apps.campaigns.services.runs.telling import tell
from apps.campaigns.services.scoring.collecting import collect_run
from apps.campaigns.services.scoring.leaving import void_leavers_of
from apps.campaigns.services.settling.entries import end_entries
from apps.campaigns.services.settling.finishing import finish, say_waiting
from apps.campaigns.services.settling.prizes import give_prizes
from apps.campaigns.services.settling.ranking import rank_entries
from apps.core.failpoints import failpoint
from apps.core.models import move

logger = logging.getLogger(__name__)

#: Runs that one tick works on.
BATCH = 200
ISSUE_BATCH = 2_000
_OVER = frozenset({RunState.CLOSED, RunState.REVIEW})


def settle_due_runs(*, now: datetime, limit: int = BATCH) -> int:
    """Bring runs that are over towards their result; returns how many this call settled.

    A run that fails is told to its people and keeps no other from its turn.
    """
    due = Run.objects.filter(state__in=[*_OVER, RunState.SETTLING]).order_by("closed_at", "pk")
    settled = 0
    for run_id in due.values_list("pk", flat=True)[:limit]:
        try:
            settled += settle_run(run_id=run_id, now=now)
        except OperationalError as error:  # a lock that took too long: the next tick tries again
            logger.warning("run %s is busy: %s", run_id, error)
        except Exception as error:
            logger.exception("run %s could not be settled", run_id)
            _say_stuck(run_id, error, now=now)
    return settled


def settle_run(*, run_id: int, now: datetime) -> bool:
    """Take one run as far as it can go now; True if this call settled it.

    ``closed``: a mechanic with review hours opens the review. When that is over, scores are collected a last time
    and leavers' contributions voided, and ``settling`` freezes the scores. Then: end what is open → rank → prizes
    → issue → settled; each step is safe to repeat.
    """
    run = Run.objects.select_related("campaign__owner", "campaign__team").get(pk=run_id)
    plan = plan_of(run.pk, run.revision)
    if run.state in _OVER and not _begin(run, plan, now=now):
        return False
    run.refresh_from_db(fields=["state", "ranked_at"])
    if run.state != RunState.SETTLING:
        return False
    left = end_entries(run, now=now)
    if left:
        say_waiting(run, left=left)
        return False
    if plan.mechanic.is_ranked:
        if not rank_entries(run, plan, now=now):
            return False
        failpoint("settle.ranked")
        if not give_prizes(run, plan, now=now):
            return False
    while issue_pending(now=now, limit=ISSUE_BATCH, run_id=run.pk):
        pass
    failpoint("settle.issued")
    return finish(run.pk, now=now)


def _begin(run: Run, plan: Plan, *, now: datetime) -> bool:
    """Is the run now settling? Otherwise its review begins, or goes on."""
    if run.state == RunState.CLOSED and (hours := plan.mechanic.review_hours(plan.rules)):
        until = (run.closed_at or run.closes_at) + timedelta(hours=hours)
        _move(run, RunState.REVIEW, review_until=until)
        run.refresh_from_db(fields=["state", "review_until"])
    if run.state == RunState.REVIEW and run.review_until is not None and run.review_until > now:
        return False
    # Late rows count up to here, and whoever left before it does not.
    collect_run(run_id=run.pk, now=now, is_whole=True)
    void_leavers_of(run=run, plan=plan, now=now)
    # Nobody gets a prize before the last contributions have been looked at (C13).
    scan_run(run_id=run.pk, now=now)
    return _move(run, RunState.SETTLING)


@transaction.atomic
def _move(run: Run, to: RunState, **changes: Any) -> bool:
    """Move the run if it is still where it was; waits for verbs that share its row."""
    locked = lock_run(run.pk, states=frozenset({RunState(run.state)}))
    if locked is not None:
        move(locked, to, table=RUN_MOVES, **changes)
    return locked is not None


def _say_stuck(run_id: int, error: Exception, *, now: datetime) -> None:
    run = Run.objects.select_related("campaign__owner").filter(pk=run_id).first()
    if run is not None:
        tell(
            run,
            key=f"run:{run_id}:unsettled:{type(error).__name__}:{now:%Y%m%d}",
            text=_("“%(run)s”没能结算，会继续重试：%(error)s") % {"run": run, "error": error},
            level=NoticeLevel.ERROR,
        )
