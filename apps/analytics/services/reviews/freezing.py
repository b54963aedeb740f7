"""The figures and the diagnosis of a review, as JSON that stays."""

from dataclasses import asdict
from datetime import datetime, timedelta
from statistics import quantiles
from typing import Any

from apps.accounts.models import User
from apps.analytics.diagnosis.base import Case, Hypothesis
from apps.analytics.diagnosis.registry import hypotheses_of
from apps.analytics.diagnosis.weakest import weakest, weigh
from apps.analytics.metrics.base import Metric, Reading
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.models import Goal, Review
from apps.analytics.selectors.periods import Period, day_of
from apps.analytics.selectors.review_chains import chains_of
from apps.analytics.selectors.review_changes import changes_of
from apps.analytics.selectors.review_peers import Peers, own_slice, peers_of, slice_before
from apps.analytics.selectors.review_sums import sums_of
from apps.analytics.selectors.scope import Scope

#: A member's worth is what members of the scope brought in so many days.
_WORTH_DAYS = 90
_MOST_HYPOTHESES = 6
_DIGITS = 6


def freeze(review: Review, *, user: User, now: datetime) -> None:
    """Set ``figures``, ``diagnosis`` and ``figured_at`` of ``review`` (not saved).

    ``figures``: {"metrics": [{key, value, numerator, denominator, low, high, was, peers, q1, median, q3, target}],
    "sums": {name: number}, "before": {…}, "before_label", "peers_label", "peers": number of comparable ones}.
    ``diagnosis``: {"links": [``Weighed``], "weakest": key or "", "hypotheses": [``Hypothesis``], "changes": [text]}.
    Compared only with what ``user`` may see.
    """
    metrics = [metric for metric in all_metrics().values() if review.dimension in metric.dimensions]
    today = day_of(now)
    own = own_slice(review, today)
    before = slice_before(review, today)
    sums = own.sums()
    sums_before = before.sums() if before else {}
    peers = peers_of(review, metrics=metrics, user=user, today=today)
    was = before.readings(metrics) if before else {}
    read = own.readings(metrics)
    targets = _targets(review)
    review.figures = {
        "metrics": [_metric(metric, read, was, peers, targets) for metric in metrics],
        "sums": _rounded(sums),
        "before": _rounded(sums_before),
        "before_label": before.label if before else "",
        "peers_label": peers.label,
        "peers": len(peers.sums),
    }
    chains = chains_of(review.kind, sums, peers.sums, member_worth=_member_worth(review))
    weighed = weigh(chains, seed=review.starts_on.toordinal())
    case = Case(
        review.kind,
        own.period.days,
        sums,
        sums_before,
        peers.sums,
        {link.key: link for link in weighed},
    )
    found = weakest(weighed)
    review.diagnosis = {
        "links": [asdict(link) for link in weighed],
        "weakest": found.key if found else "",
        "hypotheses": [_hypothesis(one) for one in hypotheses_of(case)[:_MOST_HYPOTHESES]],
        "changes": changes_of(review, sums, sums_before),
    }
    review.figured_at = now


def _metric(
    metric: Metric,
    read: dict[str, Reading],
    was: dict[str, Reading],
    peers: Peers,
    targets: dict[str, float],
) -> dict[str, Any]:
    reading = read[metric.key]
    others = [float(one.value) for one in peers.readings.get(metric.key, []) if one.value is not None]
    low, middle, high = (
        (round(value, _DIGITS) for value in quantiles(others, n=4, method="inclusive"))
        if len(others) >= 2
        else (None, None, None)
    )
    return {
        "key": metric.key,
        "label": str(metric.label),
        **_reading(reading),
        "was": _reading(was[metric.key]) if metric.key in was else None,
        "peers": len(others),
        "q1": low,
        "median": middle,
        "q3": high,
        "target": targets.get(metric.key),
    }


def _reading(reading: Reading) -> dict[str, Any]:
    return {
        "value": _number(reading.value),
        "numerator": _number(reading.numerator),
        "denominator": _number(reading.denominator),
        "low": _number(reading.low),
        "high": _number(reading.high),
    }


def _number(value: Any) -> float | None:
    return None if value is None else round(float(value), _DIGITS)


def _rounded(sums: dict[str, float]) -> dict[str, float]:
    return {name: round(value, _DIGITS) for name, value in sums.items()}


def _hypothesis(one: Hypothesis) -> dict[str, Any]:
    return {
        "key": one.key,
        "title": str(one.title),
        "evidence": [str(text) for text in one.evidence],
        "actions": [str(text) for text in one.actions],
        "strength": round(one.strength, 3),
    }


def _targets(review: Review) -> dict[str, float]:
    """Goals of the same subject for exactly this period, or one within it."""
    goals = Goal.objects.filter(
        team=review.team,
        group=review.group,
        campaign=review.campaign,
        run=review.run,
        starts_on__gte=review.starts_on,
        ends_on__lte=review.ends_on,
    )
    return {goal.metric: float(goal.target) for goal in goals.order_by("ends_on")}


def _member_worth(review: Review) -> float:
    """What an active member of the review's teams brought in the 90 days up to its end, in yuan."""
    team = review.home_team
    scope = Scope(None).narrowed(team.pk if team else None)
    period = Period(review.ends_on - timedelta(days=_WORTH_DAYS - 1), review.ends_on)
    sums = sums_of(scope=scope, period=period)[""]
    return max(sums["revenue"] / sums["active"], 0.0) if sums["active"] else 0.0
