"""A/B read honestly: a plan stated before, no verdict until it is fulfilled, none that later visitors change."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.campaigns.enums import LandingState, Variant
from apps.h5.enums import ConversionKind
from apps.h5.selectors import landing_figures
from apps.h5.selectors.landing_figures import reading_of
from tests.campaigns.factories import make_run
from tests.h5.visits import convert, make_version, visit

DAY = timedelta(days=1)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def run(db):
    return make_run("assist")


@pytest.fixture
def pair(run, now):
    return [make_version(run.campaign, side, published_at=now - 5 * DAY) for side in (Variant.A, Variant.B)]


@pytest.fixture
def few(monkeypatch):
    """A plan that a test can fulfil; the figure is the formula's own for a change this large."""
    monkeypatch.setattr(landing_figures, "LIFT", 4.0)
    return landing_figures.visitors_needed(landing_figures.USUAL, 4.0)


def crowd(run, pair, quantity, at, *, winning=""):
    """``quantity`` visitors in turn; those of ``winning`` all take part, the others never do."""
    for number in range(quantity):
        version = pair[number % 2]
        touch = visit(run, at + timedelta(seconds=number), version=version)
        if version.variant == winning:
            convert(touch, ConversionKind.PART, touch.at + timedelta(minutes=1))


def test_there_is_nothing_to_read_without_a_pair(run, now):
    assert reading_of(run.campaign_id, now=now) is None
    make_version(run.campaign, published_at=now - DAY)
    assert reading_of(run.campaign_id, now=now) is None
    make_version(
        run.campaign,
        Variant.B,
        state=LandingState.RETIRED,
        published_at=now - 3 * DAY,
        retired_at=now - 2 * DAY,
    )
    assert reading_of(run.campaign_id, now=now) is None  # they never stood side by side


def test_each_side_counts_its_visitors_once_and_what_they_did_in_time(
    run, pair, now, django_assert_num_queries
):
    a, b = pair
    at = now - 3 * DAY
    visit(run, now - 6 * DAY, version=a)  # before both were live
    first = visit(run, at, version=a)
    visit(run, at + timedelta(hours=1), version=b, visitor=first.visitor)  # counts for what it saw first
    convert(first, ConversionKind.LOGIN, at + timedelta(minutes=1))
    convert(first, ConversionKind.ENTRY, at + timedelta(minutes=2))
    convert(first, ConversionKind.PART, at + timedelta(minutes=3))
    slow = visit(run, at, version=b)
    convert(slow, ConversionKind.ENTRY, at + timedelta(hours=25))
    quick = visit(run, at, version=b)
    convert(quick, ConversionKind.PART, at + timedelta(hours=23))
    elsewhere = make_run("assist")
    convert(visit(elsewhere, at, visitor=quick.visitor), ConversionKind.LOGIN, at + timedelta(hours=1))
    with django_assert_num_queries(3):
        found = reading_of(run.campaign_id, now=now)
    assert (found.a.visitors, found.a.logins, found.a.parts) == (1, 1, 1)
    assert (found.b.visitors, found.b.logins, found.b.parts) == (2, 0, 1)
    assert found.difference == pytest.approx(-0.5)


def test_a_great_lead_is_no_verdict_before_the_plan_is_fulfilled(run, pair, now, few):
    """Peeking: one side looks certain, and still nobody has won."""
    crowd(run, pair, few - 2, now - 3 * DAY, winning="B")
    found = reading_of(run.campaign_id, now=now)
    assert found.interval.excludes_zero
    assert (found.is_final, found.winner, found.missing) == (False, "", 2)


def test_the_last_visitor_gets_the_same_time_as_all(run, pair, now, few):
    crowd(run, pair, few, now - timedelta(hours=23), winning="B")
    found = reading_of(run.campaign_id, now=now)
    assert (found.is_final, found.winner, found.missing) == (False, "", 0)
    assert reading_of(run.campaign_id, now=now + 2 * DAY).winner == "B"


def test_later_visitors_change_nothing(run, pair, now, few):
    crowd(run, pair, few, now - 4 * DAY, winning="B")
    before = reading_of(run.campaign_id, now=now)
    crowd(run, pair, 3 * few, now - 2 * DAY, winning="A")
    after = reading_of(run.campaign_id, now=now)
    assert (before.winner, after.winner) == ("B", "B")
    assert (before.visitors, before.difference) == (after.visitors, after.difference)


def test_no_difference_has_no_winner(run, pair, now, few):
    crowd(run, pair, few, now - 4 * DAY)
    found = reading_of(run.campaign_id, now=now)
    assert (found.is_final, found.winner) == (True, "")


def test_visitors_divided_otherwise_than_planned_say_nothing(run, pair, now, few):
    crowd(run, [pair[1], pair[1]], few, now - 4 * DAY, winning="B")
    found = reading_of(run.campaign_id, now=now)
    assert (found.is_final, found.is_split_off, found.winner) == (True, True, "")


def test_the_plan_comes_from_what_was_known_before(run, pair, now):
    """Visitors of the test itself never change how many it takes."""
    usual = reading_of(run.campaign_id, now=now)
    assert (usual.base, usual.is_base_known) == (landing_figures.USUAL, False)
    for number in range(200):
        touch = visit(run, now - 8 * DAY + timedelta(seconds=number))
        if number < 60:
            convert(touch, ConversionKind.ENTRY, touch.at + timedelta(minutes=1))
    known = reading_of(run.campaign_id, now=now)
    assert (known.base, known.is_base_known) == (pytest.approx(0.3), True)
    assert known.planned < usual.planned
    crowd(run, pair, 40, now - 4 * DAY, winning="A")
    assert reading_of(run.campaign_id, now=now).planned == known.planned
