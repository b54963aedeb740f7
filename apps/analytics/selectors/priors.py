"""What our own past runs of a mechanic say about how people behave."""

from dataclasses import dataclass, replace
from math import inf

from django.db import connection

from apps.accounts.models import User
from apps.analytics.simulation.priors import Kind, Prior, Priors, Source
from apps.campaigns.enums import RunState
from apps.campaigns.models import Run

#: So many of the latest ended runs are counted: older ones are about other people.
RUNS = 12
#: Below so many entries our own numbers say nothing about how unevenly people invite.
LEAST_FOR_SPREAD = 50
_ENDED = (RunState.CLOSED, RunState.REVIEW, RunState.SETTLING, RunState.SETTLED)

# An owner's own contribution (a leader's seat) is no invitation that came off.
_COUNTS = """
WITH facts AS MATERIALIZED (
  SELECT e.kind, e.member_id, e.occurred_at, (e.data->>'run')::bigint AS run, (e.data->>'entry')::bigint AS entry,
    (e.data->>'owner')::bigint AS owner, e.data->>'is_new' = 'true' AS is_new
  FROM events_event e WHERE e.kind IN ('campaign.entered', 'campaign.contributed')
    AND e.occurred_at >= %(start)s AND e.occurred_at < %(end)s AND (e.data->>'run')::bigint = ANY(%(runs)s)
), entered AS (
  SELECT run, entry, member_id, min(occurred_at) AS at FROM facts WHERE kind = 'campaign.entered' GROUP BY 1, 2, 3
), others AS (
  SELECT * FROM facts WHERE kind = 'campaign.contributed' AND member_id IS DISTINCT FROM owner
), brought AS (
  SELECT n.entry, count(o.entry) AS n FROM entered n LEFT JOIN others o USING (entry) GROUP BY 1
), people AS (
  SELECT run, member_id, min(occurred_at) AS at FROM others GROUP BY 1, 2
)
SELECT (SELECT count(*) FROM brought), (SELECT coalesce(sum(n), 0) FROM brought),
  (SELECT coalesce(var_samp(n), 0) FROM brought), (SELECT count(*) FROM others WHERE is_new),
  (SELECT count(*) FROM others), (SELECT count(*) FROM people),
  (SELECT count(DISTINCT (p.run, p.member_id)) FROM people p JOIN entered n
    ON n.run = p.run AND n.member_id = p.member_id AND n.at >= p.at),
  (SELECT coalesce(avg(extract(epoch FROM o.occurred_at - n.at)) / 3600, 0)
    FROM others o JOIN entered n ON n.entry = o.entry AND o.occurred_at >= n.at)
"""


@dataclass(frozen=True)
class History:
    """``runs`` of our own were counted, with ``entries`` and ``contributions`` by others than the owner."""

    priors: Priors
    runs: int
    entries: int
    contributions: int


def priors_of(mechanic: str, user: User) -> History:
    """The house's assumptions, with our own latest ended runs of ``mechanic`` that ``user`` may see counted in.

    People who came per entry are counted, invitations are not: where there is history, ``invites`` stands for those
    who came, and ``accepts`` is 1. Two queries.
    """
    runs = list(
        Run.objects.visible_to(user)
        .filter(mechanic=mechanic, state__in=_ENDED)
        .order_by("-opens_at")
        .values_list("pk", "opens_at", "closes_at")[:RUNS]
    )
    assumed = Priors()
    if not runs:
        return History(assumed, 0, 0, 0)
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNTS,
            {
                "runs": [pk for pk, _opens, _closes in runs],
                "start": min(opens for _pk, opens, _closes in runs),
                "end": max(closes for _pk, _opens, closes in runs),
            },
        )
        entries, brought, variance, new, parts, people, passed_on, delay = cursor.fetchone()
    if not entries:
        return History(assumed, len(runs), 0, 0)
    mean = float(brought) / entries
    believed = assumed.invites.mean * assumed.accepts.mean
    came = Prior(Kind.RATE, believed, assumed.invites.cases).updated(float(brought), entries)
    counted = replace(
        assumed,
        invites=came,
        accepts=Prior(Kind.SHARE, 1.0, 0, Source.HISTORY, entries),
        newcomers=assumed.newcomers.updated(new, parts),
        passes_on=assumed.passes_on.updated(passed_on, people),
        delay=_delay(assumed.delay, float(delay), parts),
    )
    if entries >= LEAST_FOR_SPREAD:
        counted = replace(counted, spread=dispersion_of(mean, float(variance)))
    return History(counted, len(runs), entries, int(brought))


def dispersion_of(mean: float, variance: float) -> float:
    """The size of a negative binomial with this mean and variance, between 0.1 and Poisson's infinity."""
    if not mean or variance <= mean:
        return inf
    return min(max(mean * mean / (variance - mean), 0.1), 50.0)


def _delay(assumed: Prior, hours: float, seen: int) -> Prior:
    """Runs differ in their delays however many people were seen in each: worth 30 cases at most."""
    return replace(assumed.updated(hours * min(seen, 30), min(seen, 30)), seen=seen) if seen else assumed
