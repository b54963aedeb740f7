"""Known answers from a public purchase history (tests/data/cdnow): what the rollups say is what plain Python counts in
the file, and what the papers on it print."""

from collections import Counter, defaultdict
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest
from pyroaring import BitMap

from apps.analytics.metrics.registry import all_metrics
from apps.analytics.models import MemberValue
from apps.analytics.selectors.figures import figures, first_days, readings
from apps.analytics.selectors.periods import Period, business_zone
from apps.analytics.selectors.scope import Scope
from apps.analytics.services.rolling import rebuild, roll
from apps.core.clock import database_now
from tests.analytics.facts import fact, record_facts

_FILE = Path(__file__).parents[1] / "data" / "cdnow" / "CDNOW_sample.txt"
ALL = Period(date(1997, 1, 1), date(1998, 6, 30))
HOUSE = Scope(None)


def purchases() -> list[tuple[int, date, Decimal]]:
    """(customer, day, dollars) as the file has them."""
    found = []
    for line in _FILE.read_text().splitlines():
        _master, customer, day, _cds, dollars = line.split()
        found.append((int(customer), date.fromisoformat(day), Decimal(dollars)))
    return found


def month(number: int) -> Period:
    """0 is January 1997."""
    first = date(1997 + number // 12, number % 12 + 1, 1)
    after = date(1997 + (number + 1) // 12, (number + 1) % 12 + 1, 1)
    return Period(first, date.fromordinal(after.toordinal() - 1))


def month_of(day: date) -> int:
    return (day.year - 1997) * 12 + day.month - 1


@pytest.mark.django_db(transaction=True)
def test_the_cdnow_history_gives_the_figures_of_its_papers():
    """One world, read by every selector: loading it is what takes time."""
    rows = purchases()
    rebuild(now=database_now())
    record_facts(
        *(
            fact(
                "order.paid",
                datetime.combine(day, time(12), business_zone()),
                key=f"cdnow:{number}",
                member_id=customer,
                value=dollars,
            )
            for number, (customer, day, dollars) in enumerate(rows)
        )
    )
    roll(now=database_now())
    _check_repurchase(rows)
    _check_repeat_days()
    _check_cohorts(rows)
    _check_values(rows)


def _check_repurchase(rows) -> None:
    """复购率 and 客单价 over everything, and of one month."""
    wanted = [all_metrics()[key] for key in ("repurchase_rate", "average_order", "revenue", "renewal_rate")]
    for period in (ALL, month(1), month(14)):
        inside = [row for row in rows if period.first <= row[1] <= period.last]
        times = Counter(customer for customer, _day, _dollars in inside)
        found = readings(wanted, scope=HOUSE, period=period)[""]
        rate = found["repurchase_rate"]
        assert (rate.numerator, rate.denominator) == (sum(n > 1 for n in times.values()), len(times))
        assert found["revenue"].value == sum(dollars for _c, _d, dollars in inside)
        assert found["average_order"].denominator == len(inside)
        was = period.previous()
        before = {customer for customer, day, _ in rows if was.first <= day <= was.last}
        assert found["renewal_rate"].denominator == len(before)
        assert found["renewal_rate"].numerator == len(before & times.keys())
    assert len({customer for customer, _day, _dollars in rows}) == 2357


def _check_repeat_days() -> None:
    """Fader, Hardie and Lee, "Counting Your Customers" the Easy Way (2005), table 1: repeat purchases (by day) of the
    2,357 customers in the first 39 weeks, the last class being seven and more."""
    half = Period(date(1997, 1, 1), date(1997, 9, 30))
    by_day = figures(scope=HOUSE, period=half, kinds=["order.paid"])[""].people_by_day("order.paid")
    days = Counter(member for members in by_day.values() for member in members)
    repeats = Counter(min(n - 1, 7) for n in days.values())
    assert [repeats[n] for n in range(8)] == [1411, 439, 214, 100, 62, 38, 29, 64]


def _check_cohorts(rows) -> None:
    """Monthly cohorts by first purchase, and who bought again in each later month."""
    first: dict[int, date] = {}
    months: dict[int, set[int]] = defaultdict(set)
    for customer, day, _dollars in rows:
        first[customer] = min(day, first.get(customer, day))
        months[month_of(day)].add(customer)
    sizes = []
    for start in range(3):  # all of the sample bought first in January to March 1997
        by_day = first_days(HOUSE, month(start), ["order.paid"])["order.paid"]
        cohort = BitMap.union(BitMap(), *by_day.values())
        assert set(cohort) == {customer for customer, day in first.items() if month_of(day) == start}
        sizes.append(len(cohort))
        for later in range(start + 1, 18):
            bought = figures(scope=HOUSE, period=month(later), kinds=["order.paid"])[""].people("order.paid")
            assert len(cohort & bought) == len(set(cohort) & months[later])
    assert sum(sizes) == 2357


def _check_values(rows) -> None:
    """R, F and M of every customer, and thereby any count of them."""
    known: dict[int, list] = {}
    for customer, day, dollars in rows:
        one = known.setdefault(customer, [day, day, 0, Decimal(0)])
        known[customer] = [min(one[0], day), max(one[1], day), one[2] + 1, one[3] + dollars]
    zone = business_zone()
    found = {
        row.member_id: [
            row.first_paid_at.astimezone(zone).date(),
            row.last_paid_at.astimezone(zone).date(),
            row.orders,
            row.paid,
        ]
        for row in MemberValue.objects.all()
    }
    assert found == known
