"""The parts that a schema is made of, and the judgement over one fact. Pure: no database, no clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from itertools import product
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.core.errors import Text

#: What fits into numeric(14, 2).
MOST_VALUE = Decimal(10) ** 12


class Type(StrEnum):
    TEXT = "text"
    NUMBER = "number"  # a whole one: an id, a count
    DECIMAL = "decimal"  # a fraction, or money as text
    FLAG = "flag"
    OBJECT = "object"


class Need(StrEnum):
    NEVER = "never"
    MAY = "may"
    MUST = "must"


@dataclass(frozen=True)
class Field:
    """A key of ``data``. ``required``: in every fact; ``asked``: in every fact from outside, and not empty. ``ours``:
    only our own recorders write it, since it names rows that the outside does not know."""

    key: str
    type: Type
    words: Text
    required: bool = False
    asked: bool = False
    ours: bool = False
    longest: int = 60

    @cached_property
    def fits(self) -> Callable[[Any], bool]:
        """Whether a value may stand here; made once, since every fact from outside asks for each of its keys."""
        is_right, may_be_null = _check(self.type, self.longest), not self.required
        return lambda value: may_be_null if value is None else is_right(value)


def _check(kind: Type, longest: int) -> Callable[[Any], bool]:
    match kind:
        case Type.TEXT:
            return lambda value: isinstance(value, str) and len(value) <= longest and not is_broken(value)
        case Type.NUMBER:
            return lambda value: (
                isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63
            )
        case Type.DECIMAL:
            return lambda value: (
                isinstance(value, int | float | str) and not isinstance(value, bool) and _is_decimal(value)
            )
        case Type.FLAG:
            return lambda value: isinstance(value, bool)
    return lambda value: isinstance(value, dict)


def is_broken(text: str) -> bool:
    """NUL and half characters are nothing that PostgreSQL can keep."""
    if "\0" in text:
        return True
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _is_decimal(value: int | float | str) -> bool:
    if isinstance(value, str) and len(value) > 30:
        return False
    try:
        return abs(Decimal(str(value))) < MOST_VALUE
    except (ArithmeticError, ValueError):  # ValueError: more digits than Python writes out
        return False


@dataclass(frozen=True)
class Schema:
    """One kind. ``value_words`` says what ``value`` is and in which unit; ``least`` is its lower bound.

    ``is_outside``: may come by the API and by a file.
    """

    kind: str
    words: Text
    member: Need
    group: Need = Need.MAY
    value: Need = Need.NEVER
    value_words: Text = ""
    least: Decimal | None = None
    data: tuple[Field, ...] = ()
    is_outside: bool = False

    @cached_property
    def fields(self) -> dict[str, Field]:
        return {field.key: field for field in self.data}

    @cached_property
    def required(self) -> tuple[str, ...]:
        return tuple(field.key for field in self.data if field.required)

    @cached_property
    def asked(self) -> tuple[str, ...]:
        return tuple(field.key for field in self.data if field.required or field.asked)

    @cached_property
    def _checks(self) -> dict[str, Callable[[Any], bool]]:
        return {field.key: field.fits for field in self.data}

    @cached_property
    def _outside_checks(self) -> dict[str, Callable[[Any], bool]]:
        return {field.key: field.fits for field in self.data if not field.ours}

    @cached_property
    def _shapes(self) -> dict[tuple[bool, bool, bool], tuple[str, Text] | None]:
        """What is wrong with a fact that has, or has not, a member, a group, a value."""
        both = (False, True)
        return {shape: self._shape_problem(shape) for shape in product(both, both, both)}

    def _shape_problem(self, shape: tuple[bool, bool, bool]) -> tuple[str, Text] | None:
        needs = (("member", self.member), ("group", self.group), ("value", self.value))
        for (name, need), is_there in zip(needs, shape, strict=True):
            if is_there and need is Need.NEVER:
                return name, _("这种事件没有这一项。")
            if not is_there and need is Need.MUST:
                return name, _("缺少这一项。")
        return None

    def problem(
        self, *, has_member: bool, has_group: bool, value: Decimal | None, data: Mapping[str, Any]
    ) -> tuple[str, Text] | None:
        """The first thing that does not fit, as (name of the part, sentence); ``None`` if all does."""
        if problem := self._column_problem(has_member, has_group, value):
            return problem
        for key in self.required:
            if key not in data:
                return f"data.{key}", _("缺少这一项。")
        return _misfit(data, self._checks)

    def outside_problem(
        self, has_member: bool, has_group: bool, value: Decimal | None, data: Mapping[str, Any]
    ) -> tuple[str, Text] | None:
        """The same for a fact from outside: what is asked must be there, and what is ours must not."""
        if problem := self._column_problem(has_member, has_group, value):
            return problem
        for key in self.asked:
            if data.get(key) in (None, ""):
                return f"data.{key}", _("缺少这一项。")
        return _misfit(data, self._outside_checks)

    def _column_problem(
        self, has_member: bool, has_group: bool, value: Decimal | None
    ) -> tuple[str, Text] | None:
        if problem := self._shapes[has_member, has_group, value is not None]:
            return problem
        if value is not None and self.least is not None and value < self.least:
            return "value", _("数值太小。")
        return None


def _misfit(data: Mapping[str, Any], checks: Mapping[str, Callable[[Any], bool]]) -> tuple[str, Text] | None:
    for key, value in data.items():
        fits = checks.get(key)
        if fits is None:
            # Nothing that nobody has declared is kept: that is where personal data would hide.
            return f"data.{key[:40]}", _("这种事件没有这一项。")
        if not fits(value):
            return f"data.{key}", _("类型或长度不对。")
    return None


@dataclass(frozen=True)
class Family:
    """The schemas of one file."""

    key: str
    label: Text
    schemas: tuple[Schema, ...]


CAMPAIGN = Field("campaign", Type.NUMBER, _("活动编号"))
RUN = Field("run", Type.NUMBER, _("活动期编号"), ours=True)
POST = Field("post", Type.NUMBER, _("帖子编号"), ours=True)
CHANNEL = Field("channel", Type.TEXT, _("推广渠道"), longest=60)
INVITER = Field("inviter", Type.NUMBER, _("邀请人的成员编号"), ours=True)
#: The link that somebody came by.
CAME = (POST, CHANNEL, INVITER)
