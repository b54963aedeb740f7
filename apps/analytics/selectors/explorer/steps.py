"""What a question is made of, and its SQL. Whatever a person typed becomes a parameter, never text of the statement."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import OperationalError, connection, models, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.analytics.enums import Dimension
from apps.analytics.metrics.facts import KEYS
from apps.analytics.selectors.scope import Scope
from apps.core.errors import DomainError
from apps.events.enums import EventKind

#: A question that takes longer is given up: others use the database too.
MAX_SECONDS = 30
_VALUE, _DATA = "value", "data."
#: What PostgreSQL and Python read alike.
_NUMBER = re.compile("-?[0-9]{1,15}([.][0-9]{1,6})?")


class Operator(models.TextChoices):
    IS = "is", _("等于")
    IS_NOT = "is_not", _("不等于")
    AT_LEAST = "at_least", _("不小于")
    AT_MOST = "at_most", _("不大于")
    EXISTS = "exists", _("有值")


@dataclass(frozen=True)
class Breakdown:
    """Split by a dimension, or by a key of the facts' ``data`` (``data_key``)."""

    dim: Dimension = Dimension.TOTAL
    data_key: str = ""

    @property
    def is_whole(self) -> bool:
        return self.dim == Dimension.TOTAL and not self.data_key


WHOLE = Breakdown()


@dataclass(frozen=True)
class Condition:
    """``field``: a dimension's value, ``value``, or ``data.<key>``. Numbers are compared as numbers: 99.5 is 99.50."""

    field: str
    operator: Operator
    text: str = ""


@dataclass(frozen=True)
class Step:
    """A kind of fact with conditions. Raises ``DomainError`` for a kind that does not exist."""

    kind: str
    conditions: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in EventKind.values:
            raise DomainError(
                gettext("没有“%s”这种事件。") % self.kind[:48], hint=gettext("从列表里选一种事件。")
            )


@dataclass
class Query:
    """A statement that grows: ``name`` keeps a value as a parameter and returns its placeholder."""

    values: dict[str, Any] = field(default_factory=dict)

    def name(self, value: Any) -> str:
        key = f"p{len(self.values)}"
        self.values[key] = value
        return f"%({key})s"

    def scoped(self, scope: Scope) -> str:
        """AND … for the teams of a scope."""
        return "" if scope.teams is None else f" AND e.team_id = ANY({self.name(scope.teams)}::bigint[])"

    def matches(self, step: Step) -> str:
        """SQL over ``e`` for the step's kind and conditions."""
        parts = [f"e.kind = {self.name(step.kind)}", *(self._condition(one) for one in step.conditions)]
        return " AND ".join(parts)

    def key(self, breakdown: Breakdown) -> str:
        """SQL over ``e`` for the breakdown's key, "" where there is none."""
        if breakdown.is_whole:
            return "''::text"
        if breakdown.data_key:
            return f"coalesce(left(e.data ->> {self.name(breakdown.data_key)}, 60), '')"
        return f"coalesce(left(({KEYS[breakdown.dim]})::text, 60), '')"

    def tops(self, source: str, limit: int) -> str:
        """A common table of the ``limit`` keys that most rows of ``source`` have: whatever people typed into facts,
        no more keys than that come back, and a left join leaves the key of all others null."""
        return f"tops AS (SELECT key FROM {source} GROUP BY key ORDER BY count(*) DESC, key LIMIT {self.name(limit)})"

    def _condition(self, one: Condition) -> str:
        sql = self._field(one.field)
        match one.operator:
            case Operator.EXISTS:
                return f"{sql} IS NOT NULL"
            case Operator.IS:
                return self._equals(one, sql)
            case Operator.IS_NOT:
                return f"({self._equals(one, sql)}) IS NOT TRUE"
        sign = ">=" if one.operator == Operator.AT_LEAST else "<="
        number = self.name(_number(one.text))
        return f"e.value {sign} {number}" if one.field == _VALUE else _compared(sql, sign, number, "false")

    def _equals(self, one: Condition, sql: str) -> str:
        if one.field == _VALUE:
            return f"e.value = {self.name(_number(one.text))}"
        same = f"{sql} = {self.name(one.text)}"
        if not (one.field.startswith(_DATA) and _NUMBER.fullmatch(one.text)):
            return same
        return _compared(sql, "=", self.name(_number(one.text)), same)

    def _field(self, name: str) -> str:
        if name == _VALUE:
            return "e.value::text"
        if name.startswith(_DATA) and name != _DATA:
            return f"(e.data ->> {self.name(name.removeprefix(_DATA))})"
        if name in Dimension.values and name:
            return f"({KEYS[Dimension(name)]})::text"
        raise DomainError(
            gettext("没有“%s”这个字段。") % name[:60],
            hint=gettext("用列表里的维度、value，或 data.字段名。"),
        )


def _compared(sql: str, sign: str, number: str, otherwise: str) -> str:
    """Whatever is no number is not compared as one: a CASE keeps the cast from being tried first."""
    return f"CASE WHEN {sql} ~ '^({_NUMBER.pattern})$' THEN ({sql})::numeric {sign} {number} ELSE {otherwise} END"


def _number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text.strip()):
        raise DomainError(
            gettext("“%s”不是数字。") % text[:40],
            hint=gettext("写一个数，如 99.5：最多 15 位整数、6 位小数。"),
        )
    return Decimal(text.strip())


@contextmanager
def patient(seconds: int = MAX_SECONDS) -> Iterator[None]:
    """Run a question with a time limit; ``DomainError`` when it is up."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                # Three scans of a year of facts are worth no compilation, but worth memory to hash in.
                cursor.execute(
                    f"SET LOCAL statement_timeout = '{seconds:d}s'; SET LOCAL jit = off;"
                    " SET LOCAL work_mem = '256MB'"
                )
            yield
    except OperationalError as error:
        if "statement timeout" not in str(error):
            raise
        raise DomainError(
            gettext("这个问题要查的数据太多，%d 秒内没有查完。") % seconds,
            hint=gettext("把时间范围缩短，或者加上条件再试。"),
        ) from error
