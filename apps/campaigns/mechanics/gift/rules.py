"""What an operator sets for gifts."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from apps.campaigns.mechanics.base import Problem, Rules, rule

FREE = Decimal("0.00")
MOST_PIECES = 50


class OnExpiry(StrEnum):
    """What becomes of a gift that nobody claimed."""

    REFUND = "refund"
    KEEP = "keep"


@dataclass(frozen=True, kw_only=True)
class GiftRules(Rules):
    """``price`` pays for ``own_count`` + ``gift_count`` pieces: 买 x 送 y."""

    price: Decimal = rule(
        _("整套价"),
        default=Decimal("99.00"),
        minimum=FREE,
        why=_("送礼人一次付清的钱，包含自己得的和送出去的。填 0 是品牌请客，不用付款。"),
        unit=_("元"),
    )
    own_count: int = rule(
        _("自己得几份"),
        default=1,
        minimum=0,
        maximum=MOST_PIECES,
        why=_("买 x 送 y 的 x：付款后归送礼人自己。只送不留填 0。"),
        unit=_("份"),
    )
    gift_count: int = rule(
        _("送出几份"),
        default=1,
        minimum=1,
        maximum=MOST_PIECES,
        why=_("买 x 送 y 的 y：每份一个礼物链接，只能由一个人领走。"),
        unit=_("份"),
    )
    hours: int = rule(
        _("领取时限"),
        default=72,
        minimum=1,
        maximum=24 * 30,
        why=_("付款后几小时内有人领才算送出；本期先结束的，以本期为准。太短朋友来不及看到。"),
        unit=_("小时"),
    )
    pay_minutes: int = rule(
        _("付款时限"),
        default=30,
        minimum=1,
        maximum=24 * 60,
        why=_("下单后多久要付款，超时取消、放回库存。"),
        unit=_("分钟"),
    )
    on_expiry: str = rule(
        _("没人领时"),
        default=OnExpiry.REFUND.value,
        choices=(
            (OnExpiry.REFUND.value, _("退这一份的钱")),
            (OnExpiry.KEEP.value, _("归送礼人自己")),
        ),
        why=_("退钱：按整套价均摊到每一份，精确到分；品牌请客的礼物退回库存。归自己：发“退回”礼品位。"),
    )
    is_new_only: bool = rule(
        _("只有新成员能领"),
        default=False,
        why=_("新成员：本期开始之后才第一次登记、也没有更早入群的人。拉新活动请打开。"),
    )
    sends_per_member: int = rule(
        _("每人最多送"),
        default=5,
        minimum=1,
        maximum=1_000,
        why=_("同一个人本期最多下几单。没付款的不算。"),
        unit=_("单"),
    )
    claims_per_member: int = rule(
        _("每人最多领"),
        default=1,
        minimum=1,
        maximum=1_000,
        why=_("同一个人本期最多领几份，防止一个人到处领。"),
        unit=_("份"),
    )

    @property
    def pieces(self) -> int:
        """How many pieces of the run's stock one order takes."""
        return self.own_count + self.gift_count

    def share(self, index: int) -> Decimal:
        """Yuan of the price that gift ``index`` (from 0) stands for. The shares of all gifts and of the sender's own
        pieces sum to the price exactly."""
        cents = int(self.price * 100)
        piece = self.own_count + index
        return Decimal(cents * (piece + 1) // self.pieces - cents * piece // self.pieces).scaleb(-2)

    def problems(self) -> Iterable[Problem]:
        if self.price and self.price * 100 < self.pieces:
            yield Problem("price", _("整套价摊到每份不到 1 分。"), _("提高整套价，或填 0 由品牌请客。"))
