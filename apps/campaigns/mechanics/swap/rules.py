"""What an operator sets for an exchange."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from apps.campaigns.mechanics.base import Problem, Rules, rule


@dataclass(frozen=True, kw_only=True)
class SwapRules(Rules):
    needs_moderation: bool = rule(
        _("先审后上架"),
        default=True,
        why=_("运营看过照片和文字才公开；防违禁品、广告和留电话。"),
    )
    photos_least: int = rule(
        _("至少几张照片"),
        default=1,
        minimum=0,
        maximum=9,
        why=_("没有照片的东西很难换出去，争议也多。"),
        unit=_("张"),
    )
    hours: int = rule(
        _("上架时长"),
        default=168,
        minimum=1,
        maximum=24 * 90,
        why=_("从通过审核算起，到时自动下架；本期先结束的，以本期为准。"),
        unit=_("小时"),
    )
    listings_per_member: int = rule(
        _("每人最多上架"),
        default=5,
        minimum=1,
        maximum=100,
        why=_("一期里一个人能上架几件；没通过审核的不算。防止商家刷屏。"),
        unit=_("件"),
    )
    allows_items: bool = rule(
        _("可以用物品换"),
        default=True,
        why=_("报价的人用自己已上架的一件物品来换。"),
    )
    allows_points: bool = rule(
        _("可以用积分换"),
        default=True,
        why=_("报价时先扣住积分，没换成就退回；换成了归物主。"),
    )
    allows_text: bool = rule(
        _("可以只写留言"),
        default=False,
        why=_("例如“用一箱橘子换”。没有担保，容易有争议，熟人群才开。"),
    )
    most_points: int = rule(
        _("积分上限"),
        default=5_000,
        minimum=1,
        maximum=1_000_000,
        why=_("一次报价最多多少积分；防止拿大额积分倒来倒去。"),
        unit=_("分"),
    )
    offers_per_listing: int = rule(
        _("每件最多报价"),
        default=20,
        minimum=1,
        maximum=200,
        why=_("同时有效的报价数；每人对一件物品只能有一个。"),
        unit=_("个"),
    )
    offers_per_day: int = rule(
        _("每人每天报价"),
        default=10,
        minimum=1,
        maximum=500,
        why=_("防止见一件报一件。"),
        unit=_("次"),
    )
    offer_hours: int = rule(
        _("报价有效"),
        default=48,
        minimum=1,
        maximum=24 * 30,
        why=_("过了时间物主不能再接受；积分可以马上取回，下架时也自动退回。"),
        unit=_("小时"),
    )
    confirm_hours: int = rule(
        _("交接时限"),
        default=72,
        minimum=1,
        maximum=24 * 30,
        why=_("谈妥后双方都要确认收到。到时都没确认就撤销；只有一方确认就转客服。"),
        unit=_("小时"),
    )

    def problems(self) -> Iterable[Problem]:
        if not (self.allows_items or self.allows_points or self.allows_text):
            yield Problem("allows_items", _("总要有一种换法。"), _("请至少打开物品、积分、留言中的一种。"))
        if self.offer_hours > self.hours:
            yield Problem("offer_hours", _("报价比上架的时间还长。"), _("请不要超过“上架时长”。"))
