"""The explorer's form, read from the address."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.analytics.enums import Dimension
from apps.analytics.selectors.buckets import Grain
from apps.analytics.selectors.explorer import Breakdown, Condition, Funnel, Operator, Retention, Step
from apps.core.errors import DomainError
from apps.core.numbers import whole
from apps.events.enums import EventKind

STEPS = 5
_UNITS = {
    "hour": (_("小时"), timedelta(hours=1)),
    "day": (_("天"), timedelta(days=1)),
    "week": (_("周"), timedelta(days=7)),
}
_DATA = "data."


@dataclass(frozen=True)
class Row:
    """One step as typed."""

    number: int
    kind: str
    field: str
    operator: str
    text: str

    def step(self) -> Step:
        conditions: tuple[Condition, ...] = ()
        if self.field:
            operator = Operator(self.operator) if self.operator in Operator.values else Operator.IS
            conditions = (Condition(self.field, operator, self.text),)
        return Step(self.kind, conditions)


@dataclass(frozen=True)
class ExploreForm:
    """``texts`` are the address's parameters; what is missing has a sensible default."""

    texts: Mapping[str, str]
    rows: list[Row] = field(default_factory=list)

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> "ExploreForm":
        return cls(
            texts,
            [
                Row(
                    n,
                    texts.get(f"s{n}", ""),
                    texts.get(f"f{n}", "").strip(),
                    texts.get(f"o{n}", ""),
                    texts.get(f"v{n}", "").strip(),
                )
                for n in range(1, STEPS + 1)
            ],
        )

    @property
    def is_asked(self) -> bool:
        return bool(self.texts.get("s1"))

    @property
    def mode(self) -> str:
        return "retention" if self.texts.get("mode") == "retention" else "funnel"

    @property
    def by(self) -> str:
        return self.texts.get("by", "").strip()

    @property
    def amount(self) -> str:
        return self.texts.get("window", "7")

    @property
    def unit(self) -> str:
        unit = self.texts.get("unit", "day")
        return unit if unit in _UNITS else "day"

    @property
    def grain(self) -> str:
        grain = self.texts.get("grain", "")
        return grain if grain in Grain.values else Grain.WEEK.value

    @property
    def is_strict(self) -> bool:
        return self.texts.get("strict") == "1"

    @property
    def is_unbounded(self) -> bool:
        return self.texts.get("since") == "1"

    def menus(self) -> dict[str, Any]:
        """What can be chosen."""
        return {
            "kinds": EventKind.choices,
            "operators": Operator.choices,
            "dimensions": [(one.value, one.label) for one in Dimension if one],
            "units": [(key, words) for key, (words, _span) in _UNITS.items()],
            "grains": Grain.choices,
        }

    def breakdown(self) -> Breakdown:
        if self.by.startswith(_DATA):
            return Breakdown(data_key=self.by.removeprefix(_DATA))
        if self.by and self.by not in Dimension.values:
            raise DomainError(
                _t("不能按“%s”细分。") % self.by[:60], hint=_t("选一个维度，或者写 data.字段名。")
            )
        return Breakdown(Dimension(self.by))

    def funnel(self) -> Funnel:
        """Raises ``DomainError`` for what cannot be asked."""
        steps = tuple(row.step() for row in self.rows if row.kind)
        return Funnel(steps, self._window(), self.is_strict, self.breakdown())

    def retention(self) -> Retention:
        """Raises ``DomainError`` for what cannot be asked."""
        steps = [row.step() for row in self.rows if row.kind][:2]
        if len(steps) < 2:
            raise DomainError(_t("留存要有起点和回访两步。"), hint=_t("在第 2 步选一种事件。"))
        return Retention(
            steps[0],
            steps[1],
            Grain(self.grain),
            is_bounded=not self.is_unbounded,
            breakdown=self.breakdown(),
        )

    def _window(self) -> timedelta:
        amount = whole(self.amount, at_most=9_999)
        if amount is None:
            raise DomainError(_t("转化时限要写一个整数。"), hint=_t("例如 7 天。"))
        return amount * _UNITS[self.unit][1]
