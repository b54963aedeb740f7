"""The rules of a bargain, and which of them cannot work together."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from apps.campaigns.mechanics.base import Problem, Rules, rule
from apps.campaigns.mechanics.base.rules import Text

CENT = Decimal("0.01")


@dataclass(frozen=True, kw_only=True)
class BargainRules(Rules):
    start: Decimal = rule(
        _("起始价"),
        default=Decimal("99.00"),
        minimum=CENT,
        why=_("砍价开始时的价格。必须是平时真实卖的价格，先涨再砍属于价格欺诈。"),
        unit=_("元"),
    )
    floor: Decimal = rule(
        _("底价"),
        default=Decimal("49.00"),
        minimum=Decimal("0.00"),
        why=_("砍到底以后的价格；填 0 就是免费拿。起始价减底价就是每件让利。"),
        unit=_("元"),
    )
    helpers: int = rule(
        _("需要几人砍"),
        default=8,
        minimum=1,
        maximum=1_000,
        why=_("正好这么多位好友砍完就到底价，一刀不多、一刀不少。常用 5–15 人。"),
        unit=_("人"),
    )
    has_own_cut: bool = rule(
        _("自己先砍一刀"),
        default=True,
        why=_("发起时自己先砍一刀，让人看到价格在动。这一刀不算在好友人数里。"),
    )
    min_cut: Decimal = rule(
        _("每刀最少"),
        default=CENT,
        minimum=CENT,
        why=_("一刀至少砍多少。太小的一刀让好友觉得白帮；常用 0.50 以上。"),
        unit=_("元"),
    )
    max_cut: Decimal = rule(
        _("每刀最多"),
        default=Decimal("0.00"),
        minimum=Decimal("0.00"),
        why=_("一刀最多砍多少；填 0 表示不限。"),
        unit=_("元"),
    )
    new_weight: int = rule(
        _("新成员刀力"),
        default=3,
        minimum=1,
        maximum=20,
        why=_("新成员一刀平均顶老成员几刀：鼓励找没来过的朋友。填 1 表示一样。总人数和总金额不变。"),
        unit=_("倍"),
    )
    cuts_per_day: int = rule(
        _("每人每天砍"),
        default=3,
        minimum=1,
        maximum=1_000,
        why=_("同一个人一天里最多帮几个人砍，按自然日从零点算；发起过砍价的人和没发起过的人一样受限。"),
        unit=_("次"),
    )
    cuts_per_run: int = rule(
        _("每人每期砍"),
        default=10,
        minimum=1,
        maximum=1_000,
        why=_("同一个人在一期里最多帮几个人砍；防止互砍群。"),
        unit=_("次"),
    )
    hours: int = rule(
        _("限时"),
        default=24,
        minimum=1,
        maximum=24 * 60,
        why=_("从发起到截止的小时数；本期先结束的，以本期为准。"),
        unit=_("小时"),
    )
    may_buy_early: bool = rule(
        _("可以提前买"),
        default=False,
        why=_("没砍到底也能按当前价买下。关闭时，砍不到底就不能买。"),
    )
    pay_hours: int = rule(
        _("到底后留几时"),
        default=24,
        minimum=1,
        maximum=24 * 15,
        why=_("砍到底后给发起人留一件货多久；过了还没付款，货放回去给别人。"),
        unit=_("小时"),
    )
    pay_minutes: int = rule(
        _("付款时限"),
        default=30,
        minimum=1,
        maximum=24 * 60,
        why=_("下单后多少分钟内要付款；超时订单取消，时间没到还可以再下单。"),
        unit=_("分钟"),
    )

    @property
    def cut_count(self) -> int:
        """How many cuts bring the price to the floor, the owner's own among them."""
        return self.helpers + self.has_own_cut

    @property
    def total(self) -> Decimal:
        """What all cuts add up to."""
        return self.start - self.floor

    def problems(self) -> Iterable[Problem]:
        if self.floor >= self.start:
            yield Problem("floor", _("底价要比起始价低。"), _("例如起始价 99.00，底价 49.00。"))
            return
        words = {"count": self.cut_count, "total": f"{self.total:.2f}"}
        if self.max_cut and self.max_cut < self.min_cut:
            yield Problem("max_cut", _("每刀最多不能比每刀最少还小。"), _("不想限制就填 0。"))
        if self.min_cut * self.cut_count > self.total:
            most = (self.total / self.cut_count).quantize(CENT, "ROUND_FLOOR")
            hint: Text
            if most < CENT:
                hint = _("请减少人数，或拉开起始价和底价。")
            else:
                hint = _("每刀最少不超过 %(most)s 元，或减少人数。") % {"most": most}
            yield Problem("min_cut", _("%(count)d 刀砍 %(total)s 元，不够每刀最少的数。") % words, hint)
        if self.max_cut and self.max_cut * self.cut_count < self.total:
            least = (self.total / self.cut_count).quantize(CENT, "ROUND_CEILING")
            yield Problem(
                "max_cut",
                _("每刀最多太小，%(count)d 刀砍不掉 %(total)s 元。") % words,
                _("每刀最多不低于 %(least)s 元，或增加人数；填 0 表示不限。") % {"least": least},
            )
