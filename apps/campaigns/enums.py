"""Vocabulary and states of campaigns."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CampaignState(models.TextChoices):
    """A campaign is a plan; only a launched one gets runs by itself."""

    DRAFT = "draft", _("草稿")
    LAUNCHED = "launched", _("已上线")
    PAUSED = "paused", _("已暂停")
    ARCHIVED = "archived", _("已归档")


CAMPAIGN_MOVES: dict[str, frozenset[str]] = {
    CampaignState.DRAFT: frozenset({CampaignState.LAUNCHED, CampaignState.ARCHIVED}),
    CampaignState.LAUNCHED: frozenset({CampaignState.PAUSED, CampaignState.ARCHIVED}),
    CampaignState.PAUSED: frozenset({CampaignState.LAUNCHED, CampaignState.ARCHIVED}),
}


class RunState(models.TextChoices):
    SCHEDULED = "scheduled", _("待开始")
    OPEN = "open", _("进行中")
    PAUSED = "paused", _("已暂停")
    CLOSED = "closed", _("已结束，待结算")
    REVIEW = "review", _("公示核查中")
    SETTLING = "settling", _("结算中")
    SETTLED = "settled", _("已结算")
    CANCELLED = "cancelled", _("已取消")


RUN_MOVES: dict[str, frozenset[str]] = {
    RunState.SCHEDULED: frozenset({RunState.OPEN, RunState.CANCELLED}),
    RunState.OPEN: frozenset({RunState.PAUSED, RunState.CLOSED}),
    RunState.PAUSED: frozenset({RunState.OPEN, RunState.CLOSED}),
    RunState.CLOSED: frozenset({RunState.REVIEW, RunState.SETTLING}),
    RunState.REVIEW: frozenset({RunState.SETTLING}),
    RunState.SETTLING: frozenset({RunState.SETTLED}),
}

#: Runs that members may see as going on or coming.
LIVE_RUN_STATES = frozenset({RunState.SCHEDULED, RunState.OPEN, RunState.PAUSED})
#: Runs whose scores may still change by revocation (C7).
UNSETTLED_RUN_STATES = frozenset({RunState.OPEN, RunState.PAUSED, RunState.CLOSED, RunState.REVIEW})


class EntryState(models.TextChoices):
    PENDING = "pending", _("待生效")
    OPEN = "open", _("进行中")
    MATCHED = "matched", _("待完成")
    DISPUTED = "disputed", _("争议中")
    WON = "won", _("已成功")
    FAILED = "failed", _("未成功")
    CANCELLED = "cancelled", _("已取消")


LIVE_ENTRY_STATES = frozenset({EntryState.PENDING, EntryState.OPEN, EntryState.MATCHED, EntryState.DISPUTED})
_ENDS = frozenset({EntryState.WON, EntryState.FAILED, EntryState.CANCELLED})

ENTRY_MOVES: dict[str, frozenset[str]] = {
    EntryState.PENDING: frozenset({EntryState.OPEN}) | _ENDS,
    EntryState.OPEN: frozenset({EntryState.MATCHED, EntryState.DISPUTED}) | _ENDS,
    EntryState.MATCHED: frozenset({EntryState.OPEN, EntryState.DISPUTED}) | _ENDS,
    EntryState.DISPUTED: frozenset({EntryState.OPEN, EntryState.MATCHED}) | _ENDS,
    # A revoked contribution, or a refund, may undo a success (C7, C13).
    EntryState.WON: frozenset({EntryState.OPEN, EntryState.FAILED, EntryState.CANCELLED}),
    EntryState.FAILED: frozenset(),
    EntryState.CANCELLED: frozenset(),
}


class PartState(models.TextChoices):
    """A contribution: only ``counted`` ones make up the entry's count and score."""

    PENDING = "pending", _("待确认")
    COUNTED = "counted", _("有效")
    VOID = "void", _("已作废")


PART_MOVES: dict[str, frozenset[str]] = {
    PartState.PENDING: frozenset({PartState.COUNTED, PartState.VOID}),
    PartState.COUNTED: frozenset({PartState.VOID, PartState.PENDING}),
    PartState.VOID: frozenset(),
}


class BenefitKind(models.TextChoices):
    PHYSICAL = "physical", _("实物")
    CODE = "code", _("兑换码")
    COUPON = "coupon", _("优惠券")
    POINTS = "points", _("积分")
    RED_PACKET = "red_packet", _("红包")
    MEMBERSHIP = "membership", _("会员天数")


class GrantState(models.TextChoices):
    """``unfunded``: earned, but budget or stock ran out at settlement; it costs nothing until it is funded (C3)."""

    HELD = "held", _("风控暂扣")
    UNFUNDED = "unfunded", _("待补预算")
    PENDING = "pending", _("待发放")
    SENDING = "sending", _("发放中")
    UNKNOWN = "unknown", _("结果未知")
    FAILED = "failed", _("发放失败")
    AWAITING_ADDRESS = "awaiting_address", _("待填地址")
    AWAITING_SHIPMENT = "awaiting_shipment", _("待发货")
    SHIPPED = "shipped", _("已发货")
    ISSUED = "issued", _("已发放")
    VOID = "void", _("已作废")


GRANT_MOVES: dict[str, frozenset[str]] = {
    GrantState.HELD: frozenset({GrantState.PENDING, GrantState.UNFUNDED, GrantState.VOID}),
    GrantState.UNFUNDED: frozenset({GrantState.PENDING, GrantState.HELD, GrantState.VOID}),
    GrantState.PENDING: frozenset(
        {
            GrantState.SENDING,
            GrantState.ISSUED,
            GrantState.AWAITING_ADDRESS,
            GrantState.AWAITING_SHIPMENT,
            GrantState.FAILED,
            GrantState.HELD,
            GrantState.VOID,
        }
    ),
    # Back to pending: nothing left this machine, or the provider has never heard of it.
    GrantState.SENDING: frozenset(
        {GrantState.ISSUED, GrantState.FAILED, GrantState.UNKNOWN, GrantState.PENDING}
    ),
    GrantState.UNKNOWN: frozenset({GrantState.ISSUED, GrantState.FAILED, GrantState.PENDING}),
    GrantState.FAILED: frozenset({GrantState.PENDING, GrantState.HELD, GrantState.VOID}),
    GrantState.AWAITING_ADDRESS: frozenset({GrantState.AWAITING_SHIPMENT, GrantState.HELD, GrantState.VOID}),
    GrantState.AWAITING_SHIPMENT: frozenset(
        {GrantState.SHIPPED, GrantState.AWAITING_ADDRESS, GrantState.HELD, GrantState.VOID}
    ),
    GrantState.SHIPPED: frozenset({GrantState.ISSUED}),
    # A coupon that nobody has used, or a code that nobody has seen, may still be taken back.
    GrantState.ISSUED: frozenset({GrantState.VOID}),
}

#: Grants whose cost is in the run's ``granted_cost`` (C3).
COSTED_GRANT_STATES = frozenset(set(GrantState) - {GrantState.UNFUNDED, GrantState.VOID})


class CouponKind(models.TextChoices):
    FIXED = "fixed", _("立减")
    PERCENT = "percent", _("折扣")
    EXCHANGE = "exchange", _("兑换")


class CouponState(models.TextChoices):
    ACTIVE = "active", _("可使用")
    USED = "used", _("已核销")
    EXPIRED = "expired", _("已过期")
    VOID = "void", _("已作废")


COUPON_MOVES: dict[str, frozenset[str]] = {
    CouponState.ACTIVE: frozenset({CouponState.USED, CouponState.EXPIRED, CouponState.VOID}),
    CouponState.USED: frozenset({CouponState.ACTIVE}),
    CouponState.EXPIRED: frozenset({CouponState.ACTIVE}),
}


class FlagState(models.TextChoices):
    OPEN = "open", _("待复核")
    RELEASED = "released", _("已放行")
    VOIDED = "voided", _("已作废")


FLAG_MOVES: dict[str, frozenset[str]] = {
    FlagState.OPEN: frozenset({FlagState.RELEASED, FlagState.VOIDED}),
    FlagState.RELEASED: frozenset({FlagState.VOIDED}),
    FlagState.VOIDED: frozenset({FlagState.RELEASED}),
}


class Verdict(models.TextChoices):
    """What a person decides about an entry's open flags (C13).

    ``strike``: only the doubtful contributions go; what is still earned without them is given.
    """

    RELEASE = "release", _("放行")
    STRIKE = "strike", _("只作废可疑记录")
    VOID = "void", _("全部作废")


class Repeat(models.TextChoices):
    ONCE = "once", _("只办一期")
    DAILY = "daily", _("每天")
    WEEKLY = "weekly", _("每周")
    MONTHLY = "monthly", _("每月")
    ON_DEMAND = "on_demand", _("手动开期")


class RunAction(models.TextChoices):
    """What staff may do to a run. Each says its consequences before it is done."""

    PAUSE = "pause", _("暂停")
    RESUME = "resume", _("恢复")
    END = "end", _("提前结束")
    EXTEND = "extend", _("延长")
    STOCK = "stock", _("调整库存")
    BUDGET = "budget", _("调整预算")
    CANCEL = "cancel", _("取消本期")


#: In which states of a run an action is offered.
RUN_ACTION_STATES: dict[str, frozenset[str]] = {
    RunAction.PAUSE: frozenset({RunState.OPEN}),
    RunAction.RESUME: frozenset({RunState.PAUSED}),
    RunAction.END: frozenset({RunState.OPEN, RunState.PAUSED}),
    RunAction.EXTEND: frozenset({RunState.OPEN, RunState.PAUSED}),
    RunAction.STOCK: frozenset({RunState.OPEN, RunState.PAUSED}),
    # What was earned and could not be paid for is funded after the end.
    RunAction.BUDGET: frozenset(set(RunState) - {RunState.SCHEDULED, RunState.CANCELLED}),
    RunAction.CANCEL: frozenset({RunState.SCHEDULED}),
}


class CampaignAction(models.TextChoices):
    """What staff may do to a campaign as a whole."""

    LAUNCH = "launch", _("上线")
    OPEN_NOW = "open_now", _("现在开一期")
    PAUSE = "pause", _("暂停活动")
    RESUME = "resume", _("恢复活动")
    ARCHIVE = "archive", _("归档")


CAMPAIGN_ACTION_STATES: dict[str, frozenset[str]] = {
    CampaignAction.LAUNCH: frozenset({CampaignState.DRAFT}),
    CampaignAction.OPEN_NOW: frozenset({CampaignState.LAUNCHED}),
    CampaignAction.PAUSE: frozenset({CampaignState.LAUNCHED}),
    CampaignAction.RESUME: frozenset({CampaignState.PAUSED}),
    CampaignAction.ARCHIVE: frozenset({CampaignState.DRAFT, CampaignState.LAUNCHED, CampaignState.PAUSED}),
}


class LandingState(models.TextChoices):
    DRAFT = "draft", _("草稿")
    SCHEDULED = "scheduled", _("待发布")
    LIVE = "live", _("线上")
    RETIRED = "retired", _("已下线")


LANDING_MOVES: dict[str, frozenset[str]] = {
    LandingState.DRAFT: frozenset({LandingState.SCHEDULED, LandingState.LIVE}),
    # Retired: it could not go live, and another draft stands where it would go back to.
    LandingState.SCHEDULED: frozenset({LandingState.DRAFT, LandingState.LIVE, LandingState.RETIRED}),
    LandingState.LIVE: frozenset({LandingState.RETIRED}),
    LandingState.RETIRED: frozenset(),
}


class Variant(models.TextChoices):
    A = "A", _("A 方案")
    B = "B", _("B 方案")


class Section(models.TextChoices):
    """The three sections of a landing page."""

    TOP = "top", _("上：主题和利益点")
    MIDDLE = "middle", _("中：凭什么信")
    BOTTOM = "bottom", _("下：再次行动")


class Theme(models.TextChoices):
    """Colours of a landing page; ``static/h5/base.css`` has a class for each."""

    RED = "red", _("中国红")
    ORANGE = "orange", _("暖橙")
    GREEN = "green", _("青绿")
    BLUE = "blue", _("湖蓝")
    PURPLE = "purple", _("紫")
