"""What an operator sets for a group buy."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from apps.campaigns.mechanics.base import Problem, Rules, rule
from apps.campaigns.mechanics.base.rules import Prices

MOST_SEATS = 500
FREE = Decimal("0.00")


class OnClose(StrEnum):
    """What happens to teams that are still short when the run's window closes. Nobody is ever invented."""

    REFUND = "refund"
    COMPLETE = "complete"


@dataclass(frozen=True, kw_only=True)
class GroupBuyRules(Rules):
    """``price_for`` and ``needed`` are the only readers of the ladder."""

    size: int = rule(
        _("满团人数"),
        default=3,
        minimum=2,
        maximum=MOST_SEATS,
        why=_("坐满并付清就成团。人数越少成团越快，2–3 人最稳；设了阶梯价时，这是人数上限。"),
        unit=_("人"),
    )
    price: Decimal = rule(
        _("拼团价"),
        default=Decimal("59.00"),
        minimum=FREE,
        why=_("每个名额先付的钱。填 0 是免费团，入座就算数。"),
        unit=_("元"),
    )
    single_price: Decimal = rule(
        _("单买价"),
        default=FREE,
        minimum=FREE,
        why=_("不想等人的可以按这个价单独买；必须是真实在卖的价格。填 0 不提供单买。"),
        unit=_("元"),
    )
    tiers: Prices = rule(
        _("阶梯价"),
        default=(),
        minimum=FREE,
        why=_("几人起、什么价。大家先付拼团价，成团后把差价退回各自的订单；第一档的人数就是最低成团人数。"),
    )
    leader_discount: Decimal = rule(
        _("团长立减"),
        default=FREE,
        minimum=FREE,
        why=_("团长比别人少付多少；等于拼团价就是团长免单。中途接任的团长，成团时退给 TA。"),
        unit=_("元"),
    )
    hours: int = rule(
        _("成团时限"),
        default=24,
        minimum=1,
        maximum=24 * 30,
        why=_("从开团到截止的小时数；太长没有紧迫感，24 小时最常用。本期先结束的，以本期为准。"),
        unit=_("小时"),
    )
    pay_minutes: int = rule(
        _("付款时限"),
        default=15,
        minimum=1,
        maximum=24 * 60,
        why=_("入座后多久要付款。超时名额自动放出，别人和本人都可以再来。"),
        unit=_("分钟"),
    )
    seats_per_member: int = rule(
        _("每人限购"),
        default=2,
        minimum=1,
        maximum=1_000,
        why=_("同一个人本期最多占几个名额，单买也算；同一个团每人只有一个名额。退出、超时、退款会还回来。"),
        unit=_("个"),
    )
    is_new_joiner_only: bool = rule(
        _("老带新"),
        default=False,
        why=_("谁都能开团，只有新成员能参团。新成员：本期开始之后才第一次登记、也没有更早入群的人。"),
    )
    on_close: str = rule(
        _("到期差人时"),
        default=OnClose.REFUND.value,
        choices=(
            (OnClose.REFUND.value, _("退款解散")),
            (OnClose.COMPLETE.value, _("按实际人数成交")),
        ),
        why=_("只管本期结束那一刻还没拼成的团。不论选哪个，都不会用虚拟用户凑数。"),
    )

    @property
    def needed(self) -> int:
        """Paid seats with which a team succeeds when its time is over."""
        return self.tiers[0][0] if self.tiers else self.size

    def price_for(self, people: int) -> Decimal:
        """What one seat costs in yuan in a team of ``people`` paid seats, before the leader's discount."""
        reached = [price for least, price in self.tiers if least <= people]
        return reached[-1] if reached else self.price

    def due(self, price: Decimal, *, is_leader: bool) -> Decimal:
        """What a member of a team that succeeded at ``price`` finally pays, in yuan."""
        return price - (self.leader_discount if is_leader else FREE)

    def problems(self) -> Iterable[Problem]:
        people = [least for least, _price in self.tiers]
        steps = [self.price, *(price for _least, price in self.tiers)]
        if people != sorted(set(people)) or any(not 2 <= least <= self.size for least in people):
            yield Problem(
                "tiers",
                _("阶梯的人数要从小到大、不重复，在 2 到满团人数之间。"),
                _("例如满团 10 人：3 人 89.00、5 人 79.00、10 人 69.00。"),
            )
        if steps != sorted(steps, reverse=True):
            yield Problem(
                "tiers", _("人越多价格要越低，而且不能高于拼团价。"), _("大家先付拼团价，之后只退不补。")
            )
        if self.single_price and self.single_price < self.price:
            yield Problem(
                "single_price",
                _("单买价不能低于拼团价。"),
                _("填一个不低于拼团价的金额，或填 0 不提供单买。"),
            )
        if self.leader_discount > min(steps):
            yield Problem(
                "leader_discount",
                _("团长立减不能超过最低的一档价格。"),
                _("团长免单请填拼团价，并且不要设更低的阶梯价。"),
            )
