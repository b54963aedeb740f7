"""Warning before the end, and the end."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Value
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.campaigns.enums import RUN_MOVES, RunState
from apps.campaigns.models import Run
from apps.campaigns.services.recurrence import length_in_words, moment_in_words
from apps.campaigns.services.runs.access import lock_run
from apps.campaigns.services.runs.telling import tell
from apps.core.models import move

_GOING = frozenset({RunState.OPEN, RunState.PAUSED})


@transaction.atomic
def close_due_run(*, run_id: int, now: datetime) -> bool:
    """End a run whose window is over: waits for verbs that share the row, and none gets in after.

    Of two beats the second waits, then finds it done. Returns whether this call did it. Raises
    ``OperationalError`` when a verb is stuck: the next tick tries again. What the members have earned is settled
    from ``closed`` on.
    """
    run = lock_run(run_id, states=_GOING)
    if run is None or run.closes_at > now:
        return False
    end(run, actor=None, now=now)
    return True


def end(run: Run, *, actor: User | None, now: datetime, reason: str = "") -> None:
    """Close a run whose row is held."""
    move(run, RunState.CLOSED, table=RUN_MOVES, closed_at=now)
    audit(actor=actor, action="run.close", target=run, reason=reason)


@transaction.atomic
def warn_run(*, run_id: int, now: datetime) -> bool:
    """Tell people once that a run ends soon. Returns whether this call did it."""
    run = lock_run(run_id, states=frozenset({RunState.OPEN}))
    if run is None or run.warned_at is not None or run.closes_at <= now:
        return False
    run.warned_at = now
    run.save(update_fields=["warned_at", "updated_at"])
    tell(
        run,
        # An extended run is warned of again: its end is another one.
        key=f"run:{run.pk}:ending:{run.closes_at:%Y%m%d%H%M}",
        text=_("《%(title)s》第 %(number)d 期还有 %(left)s 结束（%(end)s）。需要的话现在可以延长或加库存。")
        % {
            "title": run.campaign.title,
            "number": run.number,
            "left": length_in_words(run.closes_at - now),
            "end": moment_in_words(run.closes_at, run.campaign.timezone),
        },
    )
    return True


def due_to_warn(now: datetime, limit: int) -> list[int]:
    """Ids of open runs that are to be warned of; one shorter than its warning time is not."""
    notice = F("campaign__warn_minutes") * Value(timedelta(minutes=1))
    return list(
        Run.objects.filter(
            state=RunState.OPEN,
            warned_at__isnull=True,
            campaign__warn_minutes__gt=0,
            closes_at__gt=now,
            closes_at__lte=now + notice,
            opens_at__lt=F("closes_at") - notice,
        )
        .order_by("closes_at")
        .values_list("pk", flat=True)[:limit]
    )
