"""What is typed into 活动推演, understood as far as it goes. Everything stands in the address."""

from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.analytics.selectors.forecasts import REACH_PER_MEMBER, prizes_of, setting_of
from apps.analytics.selectors.playing import MOST_VARIANTS, Variant
from apps.analytics.selectors.priors import History
from apps.analytics.simulation.priors import PRIOR_NAMES, Kind, Prior, Priors, Source
from apps.analytics.simulation.setting import Setting
from apps.campaigns.admin.rule_inputs import (
    RuleInput,
    as_json,
    nearest_rules,
    rule_inputs,
    shown_values,
    typed_values,
)
from apps.campaigns.mechanics.base import Mechanic
from apps.campaigns.models import Campaign
from apps.core.numbers import whole
from apps.core.sentences import labelled

_LETTERS = "abcd"
#: A prior that somebody typed is believed as if so many cases stood behind it.
_TYPED_CASES = 40

#: name → (label, unit, what it means)
WORDS: dict[str, tuple[Any, Any, Any]] = {
    "opens": (
        gettext_lazy("主动发起率"),
        "%",
        gettext_lazy("看到活动的成员里，不用人邀请、自己发起的比例。"),
    ),
    "invites": (gettext_lazy("每单邀请"), gettext_lazy("人"), gettext_lazy("一位发起人平均会邀请几个人。")),
    "accepts": (gettext_lazy("邀请成功率"), "%", gettext_lazy("被邀请的人里，真的来参与的比例。")),
    "newcomers": (gettext_lazy("新人占比"), "%", gettext_lazy("来参与的人里，新成员的比例。")),
    "passes_on": (gettext_lazy("接力率"), "%", gettext_lazy("来参与的人里，接着自己也发起一单的比例。")),
    "pays": (gettext_lazy("付款率"), "%", gettext_lazy("走到付款这一步的人里，真的付款的比例。")),
    "delay": (
        gettext_lazy("好友多久来"),
        gettext_lazy("小时"),
        gettext_lazy("从发起到好友参与，平均几小时。"),
    ),
    "attention": (
        gettext_lazy("热度持续"),
        gettext_lazy("小时"),
        gettext_lazy("大多数成员在开始后几小时内看到。"),
    ),
}
_SOURCES = {
    Source.ASSUMED: gettext_lazy("假设：没有自己的数据，范围放得很宽"),
    Source.TYPED: gettext_lazy("你填的"),
}


@dataclass(frozen=True)
class Box:
    """One number to type: ``value`` as text; ``note`` says where it comes from."""

    name: str
    label: Any
    value: str
    unit: Any = ""
    help: Any = ""
    note: str = ""
    error: str = ""


@dataclass(frozen=True)
class Side:
    """One rule set's part of the form."""

    letter: str
    name: Box
    boxes: list[Box]
    rules: list[RuleInput]
    variant: Variant | None


@dataclass
class Typed:
    """The form as typed, and what it comes to. ``is_right`` when everything could be read."""

    campaign: Campaign
    mechanic: Mechanic[Any]
    boxes: list[Box]
    priors: Priors
    prior_boxes: list[Box]
    sides: list[Side]
    seed: int
    problems: list[str] = field(default_factory=list)

    @property
    def is_right(self) -> bool:
        return not self.problems

    @property
    def variants(self) -> list[Variant]:
        return [side.variant for side in self.sides if side.variant is not None]

    @property
    def may_add(self) -> bool:
        return len(self.sides) < MOST_VARIANTS


class _Reader:
    """Reads numbers; what is wrong is said beside the box and remembered."""

    def __init__(self, query: QueryDict) -> None:
        self.query = query
        self.problems: list[str] = []

    def number(
        self,
        name: str,
        label: Any,
        default: Decimal | float | None,
        *,
        least: float = 0,
        most: float = 10_000_000,
        whole: bool = True,
        optional: bool = False,
        **words: Any,
    ) -> tuple[Box, Decimal | None]:
        """The box and its number (the default for what cannot be read)."""
        plain = "" if default is None else _plain(default)
        text = self.query.get(name, plain).strip().replace(",", "")[:20]
        value = None if default is None else Decimal(str(default))
        error = ""
        if not text and optional:
            value = None
        else:
            try:
                read = Decimal(text)
                if not read.is_finite() or not Decimal(str(least)) <= read <= Decimal(str(most)):
                    error = _("请填 %(low)s 到 %(high)s。") % {"low": f"{least:,}", "high": f"{most:,}"}
                elif whole and read != int(read):
                    error = _("请填整数。")
                else:
                    value = read
            except InvalidOperation:
                error = _("请填一个数。")
        if error:
            self.problems.append(labelled(label, error))
        return Box(name, label, text, error=error, **words), value


def _plain(number: Decimal | float) -> str:
    return f"{float(number):.2f}".rstrip("0").rstrip(".")


def read(query: QueryDict, *, campaign: Campaign, mechanic: Mechanic[Any], history: History) -> Typed:
    """Everything of the form; what was not sent is as the campaign and its history have it."""
    reader = _Reader(query)
    stored = nearest_rules(mechanic.rules_type, campaign.rules, mechanic.rules_type.check(campaign.rules))
    setting = setting_of(campaign, mechanic, stored)
    common, setting = _common(reader, setting)
    prior_boxes, priors = _priors(reader, history.priors)
    count = _count(query)
    sides = [_side(reader, _LETTERS[n], n, mechanic, campaign, setting) for n in range(count)]
    seed, given = reader.number(
        "seed", _("随机种子"), campaign.pk, most=2_000_000_000, help=_("同样的输入和种子，结果一模一样。")
    )
    return Typed(
        campaign, mechanic, [*common, seed], priors, prior_boxes, sides, int(given or 0), reader.problems
    )


def _count(query: QueryDict) -> int:
    return min(max(whole(query.get("n"), at_most=99) or 1, 1), MOST_VARIANTS)


def _common(reader: _Reader, setting: Setting) -> tuple[list[Box], Setting]:
    audience, people = reader.number(
        "audience",
        _("能看到的成员"),
        setting.audience,
        unit=_("人"),
        help=_("活动社群里现在的成员数，可以改。"),
    )
    seeds, first = reader.number(
        "seeds",
        _("种子成员"),
        setting.seeds,
        unit=_("人"),
        help=_("说好一开始就发起的人：KOC、店员、老会员。"),
    )
    reach, friends = reader.number(
        "reach",
        _("可触达的新朋友"),
        max(int(people or 0) * REACH_PER_MEMBER, 100),
        unit=_("人"),
        help=_("所有成员的好友里最多能来多少新人；到了就饱和。"),
    )
    hours, window = reader.number(
        "hours", _("一期时长"), setting.hours, least=1, most=24 * 366, unit=_("小时")
    )
    if int(first or 0) > int(people or 0):
        reader.problems.append(_("种子成员不能比能看到的成员多。"))
        first = people
    return [audience, seeds, reach, hours], replace(
        setting,
        audience=int(people or 0),
        seeds=int(first or 0),
        reach=int(friends or 0),
        hours=int(window or 1),
    )


def _priors(reader: _Reader, priors: Priors) -> tuple[list[Box], Priors]:
    boxes = []
    for name in PRIOR_NAMES:
        prior: Prior = getattr(priors, name)
        label, unit, help_text = WORDS[name]
        scale = 100 if prior.kind == Kind.SHARE else 1
        most = 100 if prior.kind == Kind.SHARE else 1_000
        shown = round(prior.mean * scale, 2)
        box, value = reader.number(
            f"p.{name}", label, shown, most=most, whole=False, unit=unit, help=help_text
        )
        if value is not None and abs(float(value) - shown) > 0.005:
            prior = Prior(prior.kind, float(value) / scale, _TYPED_CASES, Source.TYPED)
            priors = priors.having(name, prior)
        boxes.append(replace(box, note=source_in_words(prior)))
    return boxes, priors


def source_in_words(prior: Prior) -> str:
    """Where a prior is from."""
    if prior.source == Source.HISTORY:
        return _("来自自己的历史：%(seen)s 个样本") % {"seen": f"{prior.seen:,}"}
    return str(_SOURCES[prior.source])


def _side(
    reader: _Reader, letter: str, number: int, mechanic: Mechanic[Any], campaign: Campaign, setting: Setting
) -> Side:
    prefix = f"{letter}.rule."
    kind = mechanic.rules_type
    is_typed = f"{letter}.on" in reader.query
    values = (
        typed_values(kind, reader.query, prefix=prefix) if is_typed else shown_values(kind, campaign.rules)
    )
    data = as_json(kind, values)
    wrong = kind.check(data)
    title = _("方案 %(letter)s") % {"letter": letter.upper()}
    reader.problems += [labelled(title, error) for error in wrong.values()]
    rules = nearest_rules(kind, data, wrong)
    boxes = []
    stock = setting.stock
    if mechanic.stock_word:
        box, units = reader.number(
            f"{letter}.stock",
            _("库存"),
            setting.stock,
            optional=True,
            unit=mechanic.stock_word,
            help=_("留空不限。"),
        )
        boxes.append(box)
        stock = None if units is None else int(units)
    box, budget = reader.number(
        f"{letter}.budget",
        _("预算"),
        setting.budget,
        optional=True,
        whole=False,
        unit=_("元"),
        help=_("留空不限。"),
    )
    boxes.append(box)
    default = _("现在的规则") if number == 0 else title
    name = Box(f"{letter}.name", _("名称"), reader.query.get(f"{letter}.name", default)[:40] or default)
    variant = Variant(
        name.value,
        rules,
        replace(
            setting,
            stock=stock,
            budget=None if budget is None else budget.quantize(Decimal("0.01")),
            prizes=prizes_of(mechanic, rules, setting.prices),
        ),
    )
    return Side(letter, name, boxes, rule_inputs(kind, values, wrong, prefix=prefix), variant)
