"""What a review is compared with: the one before, and comparable others that its reader may see (S1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import compress

from django.db.models import Max, Min
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.analytics.enums import Dimension, ReviewKind
from apps.analytics.metrics.base import Metric, Reading
from apps.analytics.models import Review
from apps.analytics.selectors.figures import readings
from apps.analytics.selectors.goals import scope_of_subject
from apps.analytics.selectors.periods import Period, day_of, month_before
from apps.analytics.selectors.review_sums import Sums, sums_in, sums_of
from apps.analytics.selectors.scope import Scope
from apps.analytics.selectors.windows import Window, readings_in
from apps.campaigns.enums import RunState
from apps.campaigns.models import Campaign, Run
from apps.groups.models import Group

#: So many comparable ones at most, the latest.
_MOST = 12
_MONTHS = 6
_OVER = (RunState.CLOSED, RunState.REVIEW, RunState.SETTLING, RunState.SETTLED)


@dataclass(frozen=True)
class Slice:
    """One thing to read figures of."""

    label: str
    scope: Scope
    period: Period
    dim: Dimension
    key: str

    def sums(self) -> Sums:
        found = sums_of(scope=self.scope, period=self.period, dim=self.dim, keys=[self.key])
        return found[self.key]

    def readings(self, metrics: list[Metric]) -> dict[str, Reading]:
        found = readings(metrics, scope=self.scope, period=self.period, dim=self.dim, keys=[self.key])
        return found[self.key]


@dataclass(frozen=True)
class Peers:
    """Comparable ones: their sums, and their readings {metric key: [reading]}."""

    label: str
    sums: tuple[Sums, ...]
    readings: dict[str, list[Reading]]


def own_slice(review: Review, today: date) -> Slice:
    return Slice(
        review.subject_label,
        scope_of_subject(review),
        past_part(review, today),
        review.dimension,
        review.key,
    )


def past_part(review: Review, today: date) -> Period:
    """A period that is not over is compared by the days that were, with as many of the others."""
    return Period(review.starts_on, max(review.starts_on, min(review.ends_on, today)))


def slice_before(review: Review, today: date) -> Slice | None:
    """The run before, the month before, as many days before; None where there was nothing."""
    period = past_part(review, today)
    if review.run is not None:
        last = (
            Run.objects.filter(campaign=review.run.campaign, opens_at__lt=review.run.opens_at)
            .exclude(state=RunState.CANCELLED)
            .order_by("-opens_at")
            .first()
        )
        if last is None:
            return None
        return Slice(str(last), Scope(None), period_of_run(last), Dimension.RUN, str(last.pk))
    is_month = review.kind in {ReviewKind.MONTH, ReviewKind.GROUP}
    before = _as_long(month_before(period.first), period, review) if is_month else period.previous()
    own = own_slice(review, today)
    return Slice(
        _("%(first)s 至 %(last)s") % {"first": before.first, "last": before.last},
        own.scope,
        before,
        own.dim,
        own.key,
    )


def peers_of(review: Review, *, metrics: list[Metric], user: User, today: date) -> Peers:
    """Of a run and a campaign those of the same mechanic, of a group those of the same kind, of a month the six
    months before; of the review's own team, since all of it read the review, and only what ``user`` may see."""
    if review.kind == ReviewKind.MONTH:
        return _months(review, metrics, today)
    label, windows = _others(review, user, today)
    house, dim = Scope(None), review.dimension
    read = readings_in(metrics, windows, scope=house, dim=dim)
    return Peers(label, tuple(sums_in(windows, scope=house, dim=dim)), _by_metric(read))


def _others(review: Review, user: User, today: date) -> tuple[str, list[Window]]:
    """Each over its own time; groups over the review's."""
    if review.run is not None:
        runs = Run.objects.visible_to(user).filter(mechanic=review.run.mechanic, state__in=_OVER)
        runs = runs.filter(campaign__team=review.home_team)
        latest = runs.exclude(pk=review.run.pk).order_by("-closes_at")[:_MOST]
        return _("同玩法已结束的活动期"), [Window(period_of_run(run), str(run.pk)) for run in latest]
    if review.campaign is not None:
        campaigns = Campaign.objects.visible_to(user).filter(mechanic=review.campaign.mechanic)
        campaigns = campaigns.filter(team=review.home_team)
        held = campaigns.exclude(pk=review.campaign.pk).filter(runs__state__in=_OVER).distinct()
        periods = periods_of_campaigns(held.order_by("-pk").values_list("pk", flat=True)[:_MOST])
        return _("同玩法的活动"), [Window(period, str(pk)) for pk, period in periods.items()]
    if review.group is not None:
        groups = Group.objects.visible_to(user).filter(kind=review.group.kind).exclude(pk=review.group.pk)
        groups = groups.filter(team=review.home_team)
        period = past_part(review, today)
        latest_groups = groups.order_by("-member_count").values_list("pk", flat=True)[:_MOST]
        return _("同类型的群"), [Window(period, str(pk)) for pk in latest_groups]
    return "", []


def _months(review: Review, metrics: list[Metric], today: date) -> Peers:
    """Months before the first fact are none."""
    own = own_slice(review, today)
    windows, month = [], Period(review.starts_on, review.ends_on)
    for _step in range(_MONTHS):
        month = month_before(month.first)
        windows.append(Window(_as_long(month, own.period, review), own.key))
    sums = sums_in(windows, scope=own.scope, dim=own.dim)
    read = readings_in(metrics, windows, scope=own.scope, dim=own.dim)
    known = [any(value for name, value in found.items() if name != "in_group") for found in sums]
    return Peers(
        _("之前 %d 个月") % sum(known),
        tuple(compress(sums, known)),
        _by_metric(list(compress(read, known))),
    )


def _by_metric(rows: list[dict[str, Reading]]) -> dict[str, list[Reading]]:
    found: dict[str, list[Reading]] = {}
    for row in rows:
        for key, reading in row.items():
            found.setdefault(key, []).append(reading)
    return found


def _as_long(month: Period, period: Period, review: Review) -> Period:
    """The whole of ``month`` beside a month that is over, else as many days of it as ``period`` has."""
    if period.last == review.ends_on:
        return month
    return Period(month.first, min(month.last, month.first + timedelta(days=period.days - 1)))


def period_of_run(run: Run) -> Period:
    return Period(day_of(run.opens_at), day_of(run.closes_at))


def period_of_campaign(campaign: Campaign) -> Period | None:
    """From its first run to its last; None without one."""
    return periods_of_campaigns([campaign.pk]).get(campaign.pk)


def periods_of_campaigns(campaigns: Iterable[int]) -> dict[int, Period]:
    """The same of several by id, the latest made first; who has no run is left out. One query."""
    runs = Run.objects.filter(campaign__in=list(campaigns)).exclude(state=RunState.CANCELLED)
    found = runs.order_by("-campaign").values("campaign").annotate(Min("opens_at"), Max("closes_at"))
    return {
        row["campaign"]: Period(day_of(row["opens_at__min"]), day_of(row["closes_at__max"])) for row in found
    }
