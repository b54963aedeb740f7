"""One item of a batch → a row, or what is wrong with it. No database."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError, Text
from apps.core.phones import canonical_mobile
from apps.events.schemas.base import MOST_VALUE, Schema, is_broken
from apps.members.enums import IdentityKind

_PARTS = frozenset({"kind", "key", "occurred_at", "group", "member", "value", "data"})
_LONGEST_KEY = 80
_LONGEST_IDENTITY = 120
#: How a member may be named besides by our number.
PHONE = "phone"
_IDENTITIES = frozenset({PHONE, *IdentityKind.values})
_MOST_ID = 2**63 - 1
#: Nearly all values; the rest is judged at length.
_PLAIN = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,2})?")

type Identity = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why the item at ``index`` was refused. ``code`` is stable; ``field`` names the part."""

    index: int
    key: str
    code: str
    field: str
    message: Text


@dataclass(slots=True)
class Row:
    """An item that fits its schema. ``member`` is our number or an identity until it is looked up; what follows it is
    filled in by then."""

    index: int
    kind: str
    key: str
    occurred_at: datetime
    group_id: int | None
    member: int | Identity | None
    value: Decimal | None
    data: dict[str, Any]
    subject: str
    campaign_id: int | None
    team_id: int | None = None
    member_id: int | None = None
    tier_id: int | None = None
    source: str | None = None


class _Wrong(Exception):
    def __init__(self, code: str, field: str, message: Text) -> None:
        self.code, self.field, self.message = code, field, message


def read_item(
    index: int, item: Any, *, schemas: Mapping[str, Schema], earliest: datetime, latest: datetime
) -> Row | Problem:
    """``schemas``: of the kinds that this source may write. Times outside of [``earliest``, ``latest``] are refused."""
    try:
        return _read(index, item, schemas, earliest, latest)
    except _Wrong as wrong:
        key = item.get("key") if isinstance(item, dict) else None
        shown = key[:_LONGEST_KEY] if isinstance(key, str) else ""
        return Problem(index, shown, wrong.code, wrong.field, wrong.message)


def _read(index: int, item: Any, schemas: Mapping[str, Schema], earliest: datetime, latest: datetime) -> Row:
    if not isinstance(item, dict):
        raise _Wrong("bad_item", "", _("每一项要是一个 JSON 对象。"))
    if not _PARTS.issuperset(item):
        name = next(name for name in item if name not in _PARTS)
        raise _Wrong("bad_item", name[:40], _("没有这一项。"))
    part = item.get
    kind = part("kind")
    if not isinstance(kind, str) or (schema := schemas.get(kind)) is None:
        raise _Wrong("bad_kind", "kind", _("没有这种事件，或这个来源不能写它。"))
    key = part("key")
    if not isinstance(key, str) or not 0 < len(key) <= _LONGEST_KEY or not key.isprintable():
        raise _Wrong("bad_key", "key", _("要有 1 到 80 个字符的去重标识。"))
    group = part("group")
    if group is not None and not _is_id(group):
        raise _Wrong("bad_group", "group", _("社群要填编号。"))
    data = part("data")
    if data is None:
        data = {}
    elif not isinstance(data, dict):
        raise _Wrong("bad_data", "data", _("明细要是一个 JSON 对象。"))
    at = _time(part("occurred_at"), earliest, latest)
    member, value = part("member"), part("value")
    if member is not None:
        member = _member(member)
    if value is not None:
        value = _value(value)
    problem = schema.outside_problem(member is not None, group is not None, value, data)
    if problem is not None:
        raise _Wrong("bad_data" if problem[0].startswith("data.") else "bad_item", *problem)
    order_no = data.get("order_no")
    subject = f"order:{order_no}" if order_no else ""
    return Row(index, kind, key, at, group, member, value, data, subject, data.get("campaign"))


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MOST_ID


def _time(text: Any, earliest: datetime, latest: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise ValueError
        if at < earliest:
            raise _Wrong("too_early", "occurred_at", _("太早了：超出了事件的保留期。"))
        if at > latest:
            raise _Wrong("too_late", "occurred_at", _("时间在将来。"))
        # PostgreSQL knows no zones of fractions of a second; Python does.
        return at.astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise _Wrong("bad_time", "occurred_at", _("要写成带时区的 ISO 8601 时间。")) from error


def _member(value: Any) -> int | Identity:
    if isinstance(value, int):
        if _is_id(value):
            return value
    elif isinstance(value, dict) and value.keys() == {"kind", "value"}:
        kind, name = value["kind"], value["value"]
        if (
            isinstance(kind, str)
            and kind in _IDENTITIES
            and isinstance(name, str)
            and 0 < len(name) <= _LONGEST_IDENTITY
            and not is_broken(name)
        ):
            return kind, _phone(name) if kind == PHONE else name
    raise _Wrong("bad_member", "member", _("成员要填编号，或 {kind, value}。"))


def _phone(text: str) -> str:
    try:
        return canonical_mobile(text)
    except DomainError as error:
        raise _Wrong("bad_member", "member", _("手机号不对。")) from error


def _value(given: Any) -> Decimal:
    if isinstance(given, str) and _PLAIN.fullmatch(given):
        return Decimal(given)
    if isinstance(given, int | float | str) and not isinstance(given, bool):
        try:
            text = str(given)
            value = Decimal(text) if len(text) <= 20 else MOST_VALUE
            if -MOST_VALUE < value < MOST_VALUE and value == round(value, 2):
                return value
        except (ArithmeticError, ValueError):  # ValueError: more digits than Python writes out
            pass
    raise _Wrong("bad_value", "value", _("数值要是最多两位小数的数。"))
