"""What each kind says: every kind has one schema, and it refuses what does not belong."""

from decimal import Decimal

import pytest

from apps.events.enums import EventKind
from apps.events.schemas.registry import all_families, all_schemas, outside_kinds


def test_every_kind_has_exactly_one_schema_in_words():
    assert set(all_schemas()) == {kind.value for kind in EventKind}
    assert all(str(schema.words) for schema in all_schemas().values())
    assert all(str(family.label) for family in all_families().values())
    for schema in all_schemas().values():
        assert len(schema.fields) == len(schema.data), schema.kind
        assert bool(schema.value_words) == (schema.value != "never"), schema.kind


def test_what_members_and_engines_do_never_comes_from_outside():
    assert not any(kind.startswith(("campaign.", "benefit.", "coupon.", "page.")) for kind in outside_kinds())


def judge(kind, *, member=True, group=True, value=None, outside=False, **data):
    schema = all_schemas()[kind]
    ask = schema.outside_problem if outside else schema.problem
    found = ask(has_member=member, has_group=group, value=value, data=data)
    return found and found[0]


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"kind": "member.messaged"}, None),
        ({"kind": "member.messaged", "type": "text"}, None),
        ({"kind": "member.messaged", "type": None}, None),
        ({"kind": "member.messaged", "member": False}, "member"),
        ({"kind": "member.messaged", "group": False}, "group"),
        ({"kind": "member.messaged", "value": Decimal(1)}, "value"),
        ({"kind": "member.messaged", "type": 5}, "data.type"),
        ({"kind": "member.messaged", "type": "a\0"}, "data.type"),
        ({"kind": "member.messaged", "type": "\udfff"}, "data.type"),
        ({"kind": "member.messaged", "phone": "1"}, "data.phone"),
        ({"kind": "order.paid", "value": Decimal(1)}, None),
        ({"kind": "order.paid", "value": Decimal(1), "outside": True}, "data.order_no"),
        ({"kind": "order.paid", "value": Decimal(1), "outside": True, "order_no": "1", "run": 5}, "data.run"),
        ({"kind": "order.paid", "value": Decimal(1), "order_no": "1", "run": 5}, None),
        ({"kind": "order.paid", "value": Decimal(-1)}, "value"),
        ({"kind": "order.paid", "value": Decimal(1), "campaign": True}, "data.campaign"),
        ({"kind": "order.paid", "value": Decimal(1), "campaign": 2**63}, "data.campaign"),
        ({"kind": "points.changed", "value": Decimal(-3), "reason": "campaign"}, None),
        ({"kind": "points.changed", "value": Decimal(-3)}, "data.reason"),
        (
            {"kind": "post.sent", "member": False, "group": False, "channel": 1, "late_seconds": "NaN"},
            "data.late_seconds",
        ),
    ],
)
def test_a_schema_names_the_first_part_that_does_not_fit(parts, field):
    values = dict(parts)
    assert judge(values.pop("kind"), **values) == field
