"""对照 A/B of two live landing versions, read honestly.

How many visitors it takes is fixed when the test begins, from what was known before it. Until they have come there
is no verdict, however good one side looks; afterwards exactly those visitors are read and later ones change
nothing. So looking every hour does no harm.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q

from apps.analytics.inference.sequential import Look, always_valid_p, tau_for
from apps.campaigns.enums import LandingState, Variant
from apps.campaigns.models import LandingVersion
from apps.core.proportions import Interval, is_split_off, newcombe, visitors_needed, wilson

#: What a visitor did within this time of first seeing the page counts; so everybody has the same chance.
PATIENCE = timedelta(hours=24)
#: The smallest change worth finding: a fifth more.
LIFT = 0.2
#: Taken as the usual share before enough of our own visitors are known.
USUAL = 0.1
_ENOUGH = 200
_LEAST, _MOST = 0.01, 0.6

_SIDES = """
WITH seen AS (
    SELECT DISTINCT ON (visitor_id) visitor_id, version_id, at
      FROM h5_touch
     WHERE run_id IN (SELECT id FROM campaigns_run WHERE campaign_id = %(campaign)s)
       AND at >= %(begin)s AND at < %(end)s AND version_id = ANY(%(versions)s)
     ORDER BY visitor_id, at, id),
first AS (SELECT * FROM seen ORDER BY at, visitor_id LIMIT %(most)s),
done AS (
    SELECT DISTINCT first.visitor_id, conversion.kind = 'login' AS is_login
      FROM first
      JOIN h5_touch touch ON touch.visitor_id = first.visitor_id
      JOIN h5_conversion conversion ON conversion.last_touch_id = touch.id
     WHERE conversion.run_id IN (SELECT id FROM campaigns_run WHERE campaign_id = %(campaign)s)
       AND conversion.at >= first.at AND conversion.at < first.at + make_interval(secs => %(patience)s))
SELECT version_id, count(*), max(at),
       count(*) FILTER (WHERE EXISTS (SELECT 1 FROM done WHERE done.visitor_id = first.visitor_id AND is_login)),
       count(*) FILTER (WHERE EXISTS (SELECT 1 FROM done WHERE done.visitor_id = first.visitor_id AND NOT is_login))
  FROM first GROUP BY version_id"""


@dataclass(frozen=True)
class Side:
    """One variant: visitors, and how many of them logged in and took part (started something or joined a friend)."""

    version: LandingVersion
    visitors: int = 0
    logins: int = 0
    parts: int = 0

    @property
    def login_share(self) -> float:
        return self.logins / self.visitors if self.visitors else 0.0

    @property
    def part_share(self) -> float:
        return self.parts / self.visitors if self.visitors else 0.0

    @property
    def login_interval(self) -> Interval:
        return wilson(self.logins, self.visitors)

    @property
    def part_interval(self) -> Interval:
        return wilson(self.parts, self.visitors)


@dataclass(frozen=True)
class Reading:
    """What the comparison says. ``difference`` is B less A in taking part, ``logins`` likewise, each with its 95 %
    interval; only the first is decided upon. ``planned`` visitors were fixed at ``begin`` from ``base``.
    """

    a: Side
    b: Side
    begin: datetime
    end: datetime | None
    base: float
    is_base_known: bool
    planned: int
    settles_at: datetime | None
    is_final: bool
    is_split_off: bool

    @property
    def visitors(self) -> int:
        return self.a.visitors + self.b.visitors

    @property
    def missing(self) -> int:
        """How many visitors it still takes before anything is said."""
        return max(self.planned - self.visitors, 0)

    @property
    def difference(self) -> float:
        return self.b.part_share - self.a.part_share

    @property
    def interval(self) -> Interval:
        return newcombe(self.b.parts, self.b.visitors, self.a.parts, self.a.visitors)

    @property
    def early_p(self) -> float:
        """An always-valid p-value: below 0.05 one may stop before the planned visitors are in, however often one has
        looked; at most one in twenty comparisons without a difference ever gets there."""
        look = Look(self.b.parts, self.b.visitors, self.a.parts, self.a.visitors)
        return always_valid_p([look], tau_for(self.base, LIFT))

    @property
    def login_difference(self) -> float:
        return self.b.login_share - self.a.login_share

    @property
    def login_interval(self) -> Interval:
        return newcombe(self.b.logins, self.b.visitors, self.a.logins, self.a.visitors)

    @property
    def winner(self) -> str:
        """``A`` or ``B`` once the planned visitors are in and the interval leaves no doubt, else empty."""
        if not self.is_final or self.is_split_off or not self.interval.excludes_zero:
            return ""
        return Variant.B.value if self.difference > 0 else Variant.A.value


def reading_of(campaign_id: int, *, now: datetime) -> Reading | None:
    """The comparison that runs now, or the last one that ran; ``None`` if two variants never were live together."""
    pair = _pair(campaign_id)
    if pair is None:
        return None
    _a, b = pair
    begin = _begin(pair)
    end = min((version.retired_at for version in pair if version.retired_at), default=None)
    base, is_known = _base(campaign_id, begin)
    planned = visitors_needed(base, LIFT, share=b.share / 100)
    found = _sides(campaign_id, pair, begin, end or now, planned)
    sides = [found.get(version.pk, (Side(version), None)) for version in pair]
    visitors = sum(side.visitors for side, _last in sides)
    latest = max((last for _side, last in sides if last), default=None)
    settles_at = latest + PATIENCE if latest and visitors >= planned else None
    return Reading(
        a=sides[0][0],
        b=sides[1][0],
        begin=begin,
        end=end,
        base=base,
        is_base_known=is_known,
        planned=planned,
        settles_at=settles_at,
        is_final=settles_at is not None and settles_at <= now,
        is_split_off=is_split_off(sides[1][0].visitors, visitors, b.share / 100),
    )


def _pair(campaign_id: int) -> tuple[LandingVersion, LandingVersion] | None:
    """The A and the B that were live together last."""
    rows = LandingVersion.objects.filter(campaign_id=campaign_id)
    rows = rows.filter(Q(state=LandingState.LIVE) | Q(state=LandingState.RETIRED)).order_by("-id")
    versions = list(rows.defer("blocks")[:200])
    pairs = [
        (a, b)
        for a in versions
        if a.variant == Variant.A
        for b in versions
        if b.variant == Variant.B and _met(a, b)
    ]
    return max(pairs, key=_begin, default=None)


def _met(a: LandingVersion, b: LandingVersion) -> bool:
    begin = _begin((a, b))
    return all(version.retired_at is None or version.retired_at > begin for version in (a, b))


def _begin(pair: tuple[LandingVersion, LandingVersion]) -> datetime:
    return max(version.published_at for version in pair if version.published_at)


def _base(campaign_id: int, begin: datetime) -> tuple[float, bool]:
    """The share of visitors who took part in the thirty days before ``begin``, and whether enough are known."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH runs AS (SELECT id FROM campaigns_run WHERE campaign_id = %(campaign)s),
            seen AS MATERIALIZED (
                SELECT visitor_id, min(at) AS at FROM h5_touch
                 WHERE run_id = ANY(ARRAY(SELECT id FROM runs)) AND at >= %(from)s AND at < %(begin)s
                 GROUP BY visitor_id),
            deeds AS MATERIALIZED (
                SELECT touch.visitor_id, conversion.at
                  FROM h5_conversion conversion JOIN h5_touch touch ON touch.id = conversion.last_touch_id
                 WHERE conversion.run_id = ANY(ARRAY(SELECT id FROM runs)) AND conversion.kind <> 'login'
                   AND conversion.at >= %(from)s AND conversion.at < %(begin)s)
            SELECT (SELECT count(*) FROM seen),
                   (SELECT count(DISTINCT visitor_id) FROM seen JOIN deeds USING (visitor_id)
                     WHERE deeds.at >= seen.at AND deeds.at < seen.at + make_interval(secs => %(patience)s))""",
            {
                "campaign": campaign_id,
                "from": begin - timedelta(days=30),
                "begin": begin,
                "patience": PATIENCE.total_seconds(),
            },
        )
        visitors, parts = cursor.fetchone()
    if visitors < _ENOUGH:
        return USUAL, False
    return min(max(parts / visitors, _LEAST), _MOST), True


def _sides(
    campaign_id: int,
    pair: tuple[LandingVersion, LandingVersion],
    begin: datetime,
    end: datetime,
    most: int,
) -> dict[int, tuple[Side, datetime]]:
    """Of the first ``most`` visitors since ``begin``: each counts for what it saw first."""
    by_id = {version.pk: version for version in pair}
    with connection.cursor() as cursor:
        cursor.execute(
            _SIDES,
            {
                "campaign": campaign_id,
                "begin": begin,
                "end": end,
                "versions": list(by_id),
                "most": most,
                "patience": PATIENCE.total_seconds(),
            },
        )
        rows = cursor.fetchall()
    return {
        pk: (Side(by_id[pk], visitors, logins, parts), last) for pk, visitors, last, logins, parts in rows
    }
