"""Facts from outside: judged alone, written once, within the source's team (S1)."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.models import Team
from apps.analytics.services.ingesting import MOST_ERRORS, MOST_ITEMS, ingest
from apps.analytics.services.ingesting.reading import Problem, read_item
from apps.core.clock import database_now
from apps.core.errors import Invalid
from apps.events.models import Event, SourceKey
from apps.events.schemas.registry import all_schemas, outside_kinds
from apps.events.selectors.retention import kept_since
from apps.members.models import Identity, Tier
from tests.analytics.ingesting.conftest import make_people, make_source

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("facts_fit")]


@pytest.fixture
def home(team):
    return make_people(team)


@pytest.fixture
def source(team):
    return make_source(team)[0]


def send(source, *items):
    return ingest(source=source, items=items, now=database_now())


def codes(answer):
    return [(one.code, one.field) for one in answer.errors]


def test_a_batch_is_written_with_team_tier_and_source_of_the_moment(source, team, home, make_item):
    group, member = home
    tier = Tier.objects.create(name="金卡", rank=30)
    type(member).objects.filter(pk=member.pk).update(tier=tier)
    Identity.objects.create(member=member, kind="unionid", value="u1")
    order = {"kind": "order.paid", "value": "12.50", "data": {"order_no": "A1", "channel": "抖音"}}
    answer = send(
        source,
        make_item(group, member),
        make_item(None, member, **order),
        make_item(None, None, member={"kind": "unionid", "value": "u1"}, **order),
        make_item(None, None, member={"kind": "phone", "value": member.phone[3:]}, **order),
        make_item(None, None, kind="spend.recorded", value=-3),
    )
    assert (answer.accepted, answer.known, answer.rejected) == (5, 0, 0)
    paid = Event.objects.filter(kind="order.paid")
    assert {(e.member_id, e.tier_id, e.source, e.team_id, e.subject) for e in paid} == {
        (member.pk, tier.pk, "抖音", team.pk, "order:A1")
    }
    assert sum(event.value for event in paid) == 37.5
    spent = Event.objects.get(kind="spend.recorded")
    assert (spent.value, spent.source, spent.team_id) == (-3, None, team.pk)


def test_a_known_key_is_the_same_fact_whatever_its_time(source, home, make_item):
    first = make_item(*home)
    later = first | {"occurred_at": (database_now() - timedelta(days=40)).isoformat()}
    assert send(source, first, later).known == 1
    answer = send(source, first, later, make_item(*home))
    assert (answer.accepted, answer.known) == (1, 2)
    assert (Event.objects.count(), SourceKey.objects.count()) == (2, 2)


def test_two_sources_may_use_the_same_key(team, home, make_item):
    item = make_item(*home)
    for _ in range(2):
        assert send(make_source(team)[0], item).accepted == 1


def test_what_another_team_has_reads_like_what_nobody_has(source, home, make_item):
    group, member = home
    other_group, other = make_people(Team.objects.create(name="别队"))
    spend = {"kind": "spend.recorded", "value": 1}
    answer = send(
        source,
        make_item(other_group, member),
        make_item(group, other),
        make_item(group, None, member={"kind": "phone", "value": other.phone}),
        make_item(group, None, member=2**62),
        make_item(None, None, data={"campaign": 2**62}, **spend),
    )
    assert answer.accepted == 0
    assert codes(answer) == [
        ("unknown_group", "group"),
        ("unknown_member", "member"),
        ("unknown_member", "member"),
        ("unknown_member", "member"),
        ("unknown_campaign", "data.campaign"),
    ]


def test_a_source_of_the_house_writes_for_each_groups_team(make_item):
    source = make_source(None)[0]
    teams = [Team.objects.create(name=name) for name in ("甲", "乙")]
    people = [make_people(one) for one in teams]
    assert send(source, *(make_item(*each) for each in people)).accepted == 2
    paid = {"kind": "order.paid", "value": 1, "data": {"order_no": "1"}}
    send(source, make_item(None, people[0][1], **paid))
    assert set(Event.objects.values_list("kind", "team_id")) == {
        ("member.messaged", teams[0].pk),
        ("member.messaged", teams[1].pk),
        ("order.paid", teams[0].pk),
    }


BAD = [
    ({"kind": "order.exploded"}, "bad_kind"),
    ({"kind": ["a"]}, "bad_kind"),
    ({"kind": "campaign.entered"}, "bad_kind"),  # never from outside
    ({"key": ""}, "bad_key"),
    ({"key": "a\0b"}, "bad_key"),
    ({"key": "x" * 81}, "bad_key"),
    ({"key": 7}, "bad_key"),
    ({"occurred_at": "2026-01-01 10:00"}, "bad_time"),  # no zone
    ({"occurred_at": "0001-01-01T00:00:00+23:59"}, "too_early"),
    ({"occurred_at": "1999-01-01T00:00:00Z"}, "too_early"),
    ({"occurred_at": "9999-12-31T23:59:59-23:59"}, "too_late"),
    ({"occurred_at": 1}, "bad_time"),
    ({"group": "1"}, "bad_group"),
    ({"group": 2**70}, "bad_group"),
    ({"group": True}, "bad_group"),
    ({"member": "1"}, "bad_member"),
    ({"member": {"kind": "phone", "value": "12"}}, "bad_member"),
    ({"member": {"kind": "qq", "value": "1\0"}}, "bad_member"),
    ({"member": {"kind": "qq", "value": "1", "x": 1}}, "bad_member"),
    ({"value": "1"}, "bad_item"),  # messages have none
    ({"value": "1e999999999"}, "bad_value"),
    ({"value": "NaN"}, "bad_value"),
    ({"value": 10**15}, "bad_value"),
    ({"value": "0.001"}, "bad_value"),
    ({"value": "9" * 5000}, "bad_value"),
    ({"data": []}, "bad_data"),
    ({"data": {"phone": "13800138000"}}, "bad_data"),  # nobody declared it
    ({"data": {"type": "x" * 21}}, "bad_data"),
    ({"data": {"type": "\0"}}, "bad_data"),
    ({"data": {"type": "\ud800"}}, "bad_data"),
    ({"data": {"type": {"a": {"b": []}}}}, "bad_data"),
    ({"data": {"type": "x" * 1_000_000}}, "bad_data"),
    ({"data": {"x" * 1_000_000: 1}}, "bad_data"),
    ({"data": "{}"}, "bad_data"),
    ({"kind": "x" * 1_000_000}, "bad_kind"),
    ({"kind": None}, "bad_kind"),
    ({"kind": {}}, "bad_kind"),
    ({"key": "x" * 1_000_000}, "bad_key"),
    ({"key": None}, "bad_key"),
    ({"key": ["a"]}, "bad_key"),
    ({"key": "\ud800"}, "bad_key"),
    ({"occurred_at": None}, "bad_time"),
    ({"occurred_at": ["2026-01-01T00:00:00Z"]}, "bad_time"),
    ({"occurred_at": "2026-13-01T00:00:00Z"}, "bad_time"),
    ({"occurred_at": "2026-01-01T00:00:00+24:00"}, "bad_time"),
    ({"occurred_at": "0001-01-01T00:00:00-14:00"}, "too_early"),
    ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "too_early"),
    ({"occurred_at": "9999-12-31T23:59:59+14:00"}, "too_late"),
    ({"occurred_at": "1" * 1_000_000}, "bad_time"),
    ({"group": 0}, "bad_group"),
    ({"group": -1}, "bad_group"),
    ({"group": 1.0}, "bad_group"),
    ({"group": [1]}, "bad_group"),
    ({"group": float("nan")}, "bad_group"),
    ({"member": []}, "bad_member"),
    ({"member": True}, "bad_member"),
    ({"member": 10**30}, "bad_member"),
    ({"member": {"kind": ["qq"], "value": "1"}}, "bad_member"),
    ({"member": {"kind": "qq", "value": {"a": 1}}}, "bad_member"),
    ({"member": {"kind": "qq", "value": "\ud800"}}, "bad_member"),
    ({"member": {"kind": "phone", "value": "1" * 1_000_000}}, "bad_member"),
    ({"value": 10**5000}, "bad_value"),
    ({"value": float("nan")}, "bad_value"),
    ({"value": float("inf")}, "bad_value"),
    ({"value": "sNaN"}, "bad_value"),
    ({"value": "9" * 1_000_000}, "bad_value"),
    ({"value": True}, "bad_value"),
    ({"value": [1]}, "bad_value"),
    ({"value": ""}, "bad_value"),
    ({"surprise": 1}, "bad_item"),
]


def test_bad_items_are_refused_alone_and_say_why(source, home, make_item):
    items = [make_item(*home) | parts for parts, _code in BAD]
    answer = send(source, *items, 5, None, make_item(*home))
    assert (answer.accepted, answer.rejected) == (1, len(BAD) + 2)
    assert [one.code for one in answer.errors] == [*(code for _parts, code in BAD), "bad_item", "bad_item"]
    assert all(str(one.message) for one in answer.errors)


def test_a_kind_that_is_no_more_is_refused_and_the_rest_is_taken(source, home, make_item):
    """A source keeps the kinds that it was made with."""
    source.kinds = ["order.exploded", "campaign.entered", *source.kinds]
    answer = send(source, make_item(*home, kind="order.exploded"), make_item(*home))
    assert (answer.accepted, codes(answer)) == (1, [("bad_kind", "kind")])


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.builds(lambda: 10**5000),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(), inside, max_size=3),
    max_leaves=5,
)
NAMED = st.fixed_dictionaries({"kind": ANYTHING | st.just("qq") | st.just("phone"), "value": ANYTHING})
TIMES = st.datetimes(timezones=st.timezones() | st.just(timezone(timedelta(seconds=3601.5)))).map(
    lambda at: at.isoformat()
)
ITEMS = st.fixed_dictionaries(
    {},
    optional={
        "kind": ANYTHING | st.sampled_from(outside_kinds()),
        "key": ANYTHING | st.just("k"),
        "occurred_at": ANYTHING | TIMES | st.just("2026-01-01T00:00:00Z"),
        "group": ANYTHING | st.just(1),
        "member": ANYTHING | NAMED | st.just(1),
        "value": ANYTHING | st.just("1.5"),
        "data": ANYTHING
        | st.dictionaries(st.sampled_from(["order_no", "channel", "campaign", "type", "quantity"]), ANYTHING),
    },
)


@given(item=ANYTHING | ITEMS)
def test_whatever_an_item_is_it_is_a_row_or_has_a_reason(item):
    now = datetime(2026, 3, 1, tzinfo=UTC)
    read = read_item(7, item, schemas=all_schemas(), earliest=kept_since(now), latest=now)
    assert read.index == 7
    if isinstance(read, Problem):
        assert read.code.startswith(("bad_", "too_"))
        assert str(read.message)
        return
    assert kept_since(now) <= read.occurred_at <= now
    assert read.occurred_at.tzinfo is UTC
    named = read.member[1] if isinstance(read.member, tuple) else ""
    for text in (read.key, read.subject, named, json.dumps(read.data, ensure_ascii=False)):
        assert "\0" not in text
        text.encode()


def test_times_of_every_zone_are_the_same_moment(source, home, make_item):
    at = database_now().replace(microsecond=0) - timedelta(hours=2)
    zones = [timezone(timedelta(hours=hours)) for hours in (-14, 0, 14)] + [timezone(timedelta(seconds=1))]
    answer = send(source, *(make_item(*home, occurred_at=at.astimezone(zone).isoformat()) for zone in zones))
    assert (answer.accepted, answer.errors) == (4, ())
    assert set(Event.objects.values_list("occurred_at", flat=True)) == {at}


def test_what_is_asked_may_not_be_empty_and_no_campaign_is_number_nought(source, home, make_item):
    paid = {"kind": "order.paid", "value": 1}
    answer = send(
        source,
        make_item(None, home[1], **paid, data={"order_no": None}),
        make_item(None, home[1], **paid, data={"order_no": ""}),
        make_item(None, home[1], **paid, data={"order_no": "1", "campaign": 0}),
        make_item(None, home[1], **paid, data={"order_no": "1", "campaign": None}),
    )
    assert answer.accepted == 1
    assert codes(answer) == [
        ("bad_data", "data.order_no"),
        ("bad_data", "data.order_no"),
        ("unknown_campaign", "data.campaign"),
    ]


def test_odd_characters_arrive_as_they_were(source, home, make_item):
    """Whatever stands for something in a COPY, in an array or in JSON."""
    odd = 'a\\b"c,{d}\t\n\r\\N\\.\x01é😀'
    answer = send(
        source,
        make_item(None, home[1], kind="order.paid", value=1, data={"order_no": odd}, key="k\\N,\"{é}'😀"),
        make_item(None, None, kind="spend.recorded", value="2", data={"note": "\\N", "channel": odd}),
    )
    assert (answer.accepted, answer.errors) == (2, ())
    order, spent = Event.objects.order_by("kind")
    assert (order.data, order.subject) == ({"order_no": odd}, f"order:{odd}")
    assert order.key == f"in:{source.pk}:k\\N,\"{{é}}'😀"
    assert spent.data == {"note": "\\N", "channel": odd}


def test_orders_of_other_shops_need_their_number_and_no_debt(source, home, make_item):
    paid = {"kind": "order.paid"}
    answer = send(
        source,
        make_item(None, home[1], **paid, value="1.00"),
        make_item(None, home[1], **paid, value="-1.00", data={"order_no": "1"}),
        make_item(None, home[1], **paid, data={"order_no": "1"}),
    )
    assert codes(answer) == [("bad_data", "data.order_no"), ("bad_item", "value"), ("bad_item", "value")]


def test_only_the_first_hundred_errors_are_told_and_no_batch_is_endless(source):
    answer = send(source, *[{}] * (MOST_ERRORS + 5))
    assert (answer.rejected, len(answer.errors)) == (MOST_ERRORS + 5, MOST_ERRORS)
    with pytest.raises(Invalid):
        send(source, *[{}] * (MOST_ITEMS + 1))


def test_facts_of_a_month_long_closed_are_taken_and_counted(source, home, make_item):
    from apps.analytics.services.rolling import rebuild

    old = (database_now() - timedelta(days=700)).isoformat()
    assert send(source, make_item(*home, occurred_at=old)).accepted == 1
    rebuild(now=database_now())
    from apps.analytics.models import DayFigure

    assert DayFigure.objects.filter(kind="member.messaged", dim="").get().count == 1
