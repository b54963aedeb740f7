"""What beat does to runs. The tables decide what is due; any number of beats may run (C10, D7)."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import OperationalError
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.accounts.enums import NoticeLevel
from apps.campaigns.enums import CampaignState, Repeat, RunState
from apps.campaigns.models import Campaign, Run
from apps.campaigns.services.runs.closing import close_due_run, due_to_warn, warn_run
from apps.campaigns.services.runs.opening import open_due_run
from apps.campaigns.services.runs.planning import plan_next_run
from apps.campaigns.services.runs.telling import tell

logger = logging.getLogger(__name__)

#: Runs that one tick works on, each in a transaction of its own; the next tick takes up the rest.
BATCH = 200


def open_due_runs(*, now: datetime, limit: int = BATCH) -> int:
    """Open what is due, call off what was missed; returns how many runs moved."""
    due = Run.objects.filter(
        # Those of a paused campaign wait, and must not take up the batch meanwhile.
        Q(campaign__state=CampaignState.LAUNCHED) | Q(closes_at__lte=now),
        state=RunState.SCHEDULED,
        opens_at__lte=now,
    )
    ids = due.order_by("opens_at", "pk").values_list("pk", flat=True)[:limit]
    return _each(ids, lambda pk: open_due_run(run_id=pk, now=now) is not None, now=now)


def close_due_runs(*, now: datetime, limit: int = BATCH) -> int:
    """End what is over; returns how many runs this call ended."""
    due = Run.objects.filter(state__in=[RunState.OPEN, RunState.PAUSED], closes_at__lte=now)
    ids = due.order_by("closes_at", "pk").values_list("pk", flat=True)[:limit]
    return _each(ids, lambda pk: close_due_run(run_id=pk, now=now), now=now)


def warn_ending_runs(*, now: datetime, limit: int = BATCH) -> int:
    """Tell the people of runs that end soon, once; returns how many."""
    return _each(due_to_warn(now, limit), lambda pk: warn_run(run_id=pk, now=now), now=now)


def plan_runs(*, now: datetime) -> int:
    """See to it that every launched campaign has its next run; returns how many have one."""
    rhythmic = Campaign.objects.filter(state=CampaignState.LAUNCHED).exclude(repeat=Repeat.ON_DEMAND)
    return _each(
        rhythmic.order_by("pk").values_list("pk", flat=True),
        lambda pk: plan_next_run(campaign_id=pk, now=now) is not None,
        now=now,
        model=Campaign,
    )


def _each(
    ids: Iterable[int],
    act: Callable[[int], bool],
    *,
    now: datetime,
    model: type[Run] | type[Campaign] = Run,
) -> int:
    """Act on each; one that fails is told to its people and keeps nothing else from its turn."""
    done = 0
    for pk in ids:
        try:
            done += act(pk)
        except OperationalError as error:  # a lock that took too long, a deadlock: the next tick tries again
            logger.warning("%s %s is busy: %s", model.__name__, pk, error)
        except Exception as error:
            logger.exception("%s %s could not be brought on", model.__name__, pk)
            _say(model, pk, error, now=now)
    return done


def _say(model: type[Run] | type[Campaign], pk: int, error: Exception, *, now: datetime) -> None:
    thing = model.objects.filter(pk=pk).first()
    if thing is not None:
        tell(
            thing,
            key=f"{model._meta.model_name}:{pk}:stuck:{type(error).__name__}:{now:%Y%m%d}",
            text=_("“%(thing)s”到时间了却没能继续：%(error)s") % {"thing": thing, "error": error},
            level=NoticeLevel.ERROR,
        )
