"""What a review is compared with: the one before, and comparable others that its reader may see (S1)."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Max, Min
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.analytics.enums import Dimension, ReviewKind
from apps.analytics.metrics.base import Metric, Reading
from apps.analytics.models import Review
from apps.analytics.selectors.figures import readings
from apps.analytics.selectors.goals import scope_of_subject
from apps.analytics.selectors.periods import Period, day_of
from apps.analytics.selectors.review_sums import Sums, sums_of
from apps.analytics.selectors.scope import Scope
from apps.campaigns.enums import RunState
from apps.campaigns.models import Campaign, Run
from apps.groups.models import Group

#: So many comparable ones at most, the latest.
_MOST = 12
_MONTHS = 6
_OVER = (RunState.CLOSED, RunState.REVIEW, RunState.SETTLING, RunState.SETTLED)
#: From before the first fact until after the last: for what is told apart by its key.
_EVER = Period(date(2000, 1, 1), date(2099, 12, 31))


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


def own_slice(review: Review) -> Slice:
    return Slice(
        review.subject_label,
        scope_of_subject(review),
        Period(review.starts_on, review.ends_on),
        review.dimension,
        review.key,
    )


def slice_before(review: Review) -> Slice | None:
    """The run before, the month before, as many days before; None where there was nothing."""
    period = Period(review.starts_on, review.ends_on)
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
    before = month_before(period.first) if review.kind == ReviewKind.MONTH else period.previous()
    own = own_slice(review)
    return Slice(
        _("%(first)s 至 %(last)s") % {"first": before.first, "last": before.last},
        own.scope,
        before,
        own.dim,
        own.key,
    )


def peers_of(review: Review, *, metrics: list[Metric], user: User) -> Peers:
    """Of a run and a campaign those of the same mechanic, of a group those of the same kind, of a month the six
    months before; only what ``user`` may see."""
    if review.kind == ReviewKind.MONTH:
        return _months(review, metrics)
    label, keys, period = _others(review, user)
    if not keys:
        return Peers(label, (), {})
    dim = review.dimension
    sums = sums_of(scope=Scope(None), period=period, dim=dim, keys=keys)
    read = readings(metrics, scope=Scope(None), period=period, dim=dim, keys=keys)
    return Peers(label, tuple(sums[key] for key in keys), _by_metric([read[key] for key in keys]))


def _others(review: Review, user: User) -> tuple[str, list[str], Period]:
    period, label, rows = Period(review.starts_on, review.ends_on), "", list[int]()
    if review.run is not None:
        period, label = _EVER, _("同玩法已结束的活动期")
        runs = Run.objects.visible_to(user).filter(mechanic=review.run.mechanic, state__in=_OVER)
        rows = list(
            runs.exclude(pk=review.run.pk).order_by("-closes_at").values_list("pk", flat=True)[:_MOST]
        )
    elif review.campaign is not None:
        period, label = _EVER, _("同玩法的活动")
        campaigns = Campaign.objects.visible_to(user).filter(mechanic=review.campaign.mechanic)
        held = campaigns.exclude(pk=review.campaign.pk).filter(runs__state__in=_OVER).distinct()
        rows = list(held.order_by("-pk").values_list("pk", flat=True)[:_MOST])
    elif review.group is not None:
        label = _("同类型的群")
        groups = Group.objects.visible_to(user).filter(kind=review.group.kind).exclude(pk=review.group.pk)
        rows = list(groups.order_by("-member_count").values_list("pk", flat=True)[:_MOST])
    return label, [str(pk) for pk in rows], period


def _months(review: Review, metrics: list[Metric]) -> Peers:
    """Months before the first fact are none."""
    own = own_slice(review)
    sums, read, month = [], [], Period(review.starts_on, review.ends_on)
    for _step in range(_MONTHS):
        month = month_before(month.first)
        one = Slice("", own.scope, month, own.dim, own.key)
        found = one.sums()
        if not any(value for name, value in found.items() if name != "in_group"):
            continue
        sums.append(found)
        read.append(one.readings(metrics))
    return Peers(_("之前 %d 个月") % len(sums), tuple(sums), _by_metric(read))


def _by_metric(rows: list[dict[str, Reading]]) -> dict[str, list[Reading]]:
    found: dict[str, list[Reading]] = {}
    for row in rows:
        for key, reading in row.items():
            found.setdefault(key, []).append(reading)
    return found


def month_before(day: date) -> Period:
    last = day.replace(day=1) - timedelta(days=1)
    return Period(last.replace(day=1), last)


def month_of(day: date) -> Period:
    return Period(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))


def period_of_run(run: Run) -> Period:
    return Period(day_of(run.opens_at), day_of(run.closes_at))


def period_of_campaign(campaign: Campaign) -> Period | None:
    """From its first run to its last; None without one."""
    found = campaign.runs.exclude(state=RunState.CANCELLED).aggregate(Min("opens_at"), Max("closes_at"))
    first, last = found["opens_at__min"], found["closes_at__max"]
    return Period(day_of(first), day_of(last)) if first and last else None
