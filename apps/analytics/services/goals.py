"""Reading goals, and carrying them over to the next month."""

import logging
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.analytics.enums import Standing
from apps.analytics.models import Goal
from apps.analytics.selectors.goals import progress_of
from apps.analytics.selectors.periods import LATEST, Period, day_of, month_of
from apps.core.errors import Invalid, NotAllowed

logger = logging.getLogger(__name__)
#: Facts come late: a period that is over is read again for so long.
_LATE = timedelta(days=7)
_PLACES = Decimal("0.0001")
#: What the columns hold.
_MOST = Decimal(10) ** 13
_MOST_TARGET = Decimal(10) ** 12 - _PLACES


def read_goals(*, now: datetime, goals: Iterable[Goal] | None = None) -> int:
    """Derive progress and forecast; of all goals that are running or just over when none are named."""
    if goals is None:
        goals = Goal.objects.filter(ends_on__gte=day_of(now) - _LATE)
    read = 0
    for goal in goals:
        try:
            _read(goal, now)
        except Exception:  # one goal's trouble is not the others'
            logger.exception("goal %s could not be read", goal.pk)
        else:
            read += 1
    return read


def _read(goal: Goal, now: datetime) -> None:
    progress = progress_of(goal, now=now)
    if progress is None:
        Goal.objects.filter(pk=goal.pk).update(
            value=None, forecast=None, low=None, high=None, standing=Standing.UNCLEAR, track=[], read_at=now
        )
        return
    ending = progress.forecast
    Goal.objects.filter(pk=goal.pk).update(
        value=_kept(progress.reading.value),
        forecast=_kept(ending.value if ending else None),
        low=_kept(ending.low if ending else None),
        high=_kept(ending.high if ending else None),
        standing=progress.standing,
        track=progress.track,
        read_at=now,
    )


def _kept(value: object) -> Decimal | None:
    if value is None:
        return None
    return max(-_MOST, min(_MOST, Decimal(str(value)))).quantize(_PLACES)


@transaction.atomic
def copy_goals(*, month: Period | None, actor: User, now: datetime, percent: int = 100) -> list[Goal]:
    """Copy the goals of ``month`` (None: it could not be read) to the next one, targets times ``percent``; those that
    are there already are left alone. Returns the new ones.

    Only goals within that month and of what the actor sees are copied. Raises ``NotAllowed`` and ``Invalid``.
    """
    if not actor.has_perm("analytics.add_goal"):
        raise NotAllowed(_("你没有新建目标的权限。"), hint=_("请管理员给你的角色加上。"))
    if not 1 <= percent <= 1000:
        raise Invalid(_("调整幅度要在 1% 到 1000% 之间。"), hint=_("100 表示照抄。"), field="percent")
    if month is None or month_of(month.last + timedelta(days=1)).last > LATEST:
        raise Invalid(_("月份要写成 2026-03 这样。"), hint=_("选要复制的那个月。"), field="month")
    following = month_of(month.last + timedelta(days=1))
    found = Goal.objects.visible_to(actor).filter(starts_on__gte=month.first, ends_on__lte=month.last)
    rows = [
        Goal(
            metric=goal.metric,
            target=min((goal.target * percent / 100).quantize(_PLACES) or goal.target, _MOST_TARGET),
            starts_on=_moved(goal.starts_on, following.first),
            # A goal of the whole month stays one, whatever the month's length.
            ends_on=following.last if goal.ends_on == month.last else _moved(goal.ends_on, following.first),
            owner_id=goal.owner_id,
            note=goal.note,
            team_id=goal.team_id,
            group_id=goal.group_id,
            campaign_id=goal.campaign_id,
            run_id=goal.run_id,
        )
        for goal in found
    ]
    before = set(Goal.objects.filter(starts_on__gte=following.first).values_list("pk", flat=True))
    Goal.objects.bulk_create(rows, ignore_conflicts=True)
    made = list(
        Goal.objects.visible_to(actor)
        .filter(starts_on__gte=following.first, ends_on__lte=following.last)
        .exclude(pk__in=before)
    )
    audit(actor=actor, action="goal.copy", month=month.first.isoformat(), made=len(made), percent=percent)
    read_goals(now=now, goals=made)
    return made


def _moved(day: date, month: date) -> date:
    return month.replace(day=min(day.day, month_of(month).last.day))
