"""Does a campaign pay? What one period may cost, against its budget and what is in stock."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from apps.campaigns.enums import BenefitKind
from apps.campaigns.mechanics.base import Costs, Mechanic, Rules
from apps.campaigns.mechanics.base.rules import Text
from apps.campaigns.models import Benefit, Code

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Gift:
    """``quantity`` of ``benefit`` for whoever reaches ``slot``."""

    slot: str
    benefit: Benefit
    quantity: int = 1


@dataclass(frozen=True)
class Estimate:
    """Yuan for the period; ``percent`` of the widest bar; ``is_over``: above the budget."""

    key: str
    label: str
    one: Decimal
    total: Decimal
    percent: int
    is_over: bool

    @property
    def total_text(self) -> str:
        return f"¥{self.total:,.2f}"

    @property
    def one_text(self) -> str:
        return f"¥{self.one:,.2f}"


@dataclass(frozen=True)
class Economics:
    """``level`` is ``good``, ``warn`` or ``bad``; ``sentence`` says why in words. ``shortages``: gifts that would
    not last, and a stock that is smaller than what is expected. ``is_per_run``: one sum for the whole period."""

    estimates: tuple[Estimate, ...]
    entries: int
    is_per_run: bool
    budget: Decimal | None
    budget_percent: int
    level: str
    sentence: str
    shortages: tuple[str, ...] = ()
    assumptions: tuple[Text, ...] = ()

    @property
    def budget_text(self) -> str:
        return "" if self.budget is None else f"¥{self.budget:,.2f}"


def slot_prices(gifts: Sequence[Gift]) -> dict[str, Decimal]:
    """What each slot's gifts cost us together, in yuan."""
    prices: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for gift in gifts:
        prices[gift.slot] += gift.benefit.cost * gift.quantity
    return dict(prices)


def economics_of(
    *,
    mechanic: Mechanic[Any],
    rules: Rules,
    gifts: Sequence[Gift],
    entries: int,
    budget: Decimal | None,
    stock: int | None,
) -> Economics:
    """Best, expected and worst cost of one period with ``entries`` entries. At most one query (pools of codes)."""
    costs = mechanic.costs(rules, slot_prices(gifts))
    times = 1 if costs.per_run else entries
    sums = {"best": costs.best * times, "expected": costs.expected * times, "worst": costs.worst * times}
    widest = max(sums["worst"], budget or ZERO)
    labels = {"best": _("最好"), "expected": _("预期"), "worst": _("最坏")}
    estimates = tuple(
        Estimate(
            key=key,
            label=labels[key],
            one=getattr(costs, key),
            total=total,
            percent=_percent(total, widest),
            is_over=budget is not None and total > budget,
        )
        for key, total in sums.items()
    )
    level, sentence = _verdict(sums, budget)
    return Economics(
        estimates=estimates,
        entries=entries,
        is_per_run=costs.per_run,
        budget=budget,
        budget_percent=_percent(budget or ZERO, widest),
        level=level,
        sentence=sentence,
        shortages=(*_short_stock(mechanic, stock, entries), *_short_gifts(mechanic, rules, gifts, entries)),
        assumptions=costs.assumptions,
    )


def _percent(part: Decimal, whole: Decimal) -> int:
    return int(part * 100 / whole) if whole else 0


def _verdict(sums: Mapping[str, Decimal], budget: Decimal | None) -> tuple[str, str]:
    worst, expected = sums["worst"], sums["expected"]
    if not worst:
        return "good", _("现在不花钱：还没有放礼品，或礼品成本都是 0。")
    words = {
        "worst": f"{worst:,.2f}",
        "expected": f"{expected:,.2f}",
        "budget": f"{budget or 0:,.2f}",
        "over": f"{worst - (budget or 0):,.2f}",
        "short": f"{expected - (budget or 0):,.2f}",
    }
    if budget is None:
        return "warn", _("最坏要花 ¥%(worst)s，还没有设预算。填一个上限，到了就不再发。") % words
    if worst <= budget:
        return "good", _("最坏要花 ¥%(worst)s，在预算 ¥%(budget)s 之内。") % words
    if expected <= budget:
        return (
            "warn",
            _("最坏要花 ¥%(worst)s，超出预算 ¥%(over)s；预期 ¥%(expected)s 够用。到了预算就不再发。") % words,
        )
    return "bad", _(
        "按预期就要花 ¥%(expected)s，超出预算 ¥%(short)s；最坏 ¥%(worst)s。请加预算，或换便宜一点的礼品。"
    ) % words


def _short_stock(mechanic: Mechanic[Any], stock: int | None, entries: int) -> list[str]:
    if not mechanic.stock_word or stock is None or stock >= entries:
        return []
    return [
        _("库存只有 %(stock)d %(word)s，少于预计的 %(entries)d 个%(entry)s：先到先得，后来的会看到“卖完了”。")
        % {
            "stock": stock,
            "word": mechanic.stock_word,
            "entries": entries,
            "entry": mechanic.entry_word,
        }
    ]


def _short_gifts(mechanic: Mechanic[Any], rules: Rules, gifts: Sequence[Gift], entries: int) -> list[str]:
    free = mechanic.costs(rules, {})
    needs: dict[int, Decimal] = defaultdict(lambda: Decimal(0))
    benefits: dict[int, Benefit] = {}
    for gift in gifts:
        one = mechanic.costs(rules, {gift.slot: Decimal(1)})
        benefits[gift.benefit.pk] = gift.benefit
        needs[gift.benefit.pk] += _units(one, free) * gift.quantity * (1 if one.per_run else entries)
    left = _left_of(list(benefits.values()))
    return [
        _("“%(name)s”只剩 %(left)d 份，预期要 %(need)d 份。")
        % {"name": benefits[pk].name, "left": left[pk], "need": int(need.to_integral_value())}
        for pk, need in needs.items()
        if pk in left and need > left[pk]
    ]


def _units(one: Costs, free: Costs) -> Decimal:
    """How many of a slot are expected: its share of the cost when one of it costs one yuan."""
    return max(one.expected - free.expected, Decimal(0))


def _left_of(benefits: Sequence[Benefit]) -> dict[int, int]:
    """How many of each are left; benefits without a limit are not in it."""
    left = {b.pk: b.stock - b.issued for b in benefits if b.stock is not None}
    pools = [b.pk for b in benefits if b.kind == BenefitKind.CODE]
    if pools:
        counted = dict(
            Code.objects.free()
            .filter(benefit__in=pools)
            .values_list("benefit")
            .annotate(Count("pk"))
            .order_by()
        )
        left |= {pk: counted.get(pk, 0) for pk in pools}
    return left
