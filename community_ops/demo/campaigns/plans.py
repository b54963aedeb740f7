"""What the demo's campaigns are, as an operator would write them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from apps.accounts.models import Team, User
from apps.campaigns.enums import Repeat
from apps.campaigns.models import Benefit, Campaign
from apps.campaigns.selectors.economics import Gift
from apps.campaigns.services.campaigns import write_campaign
from apps.groups.models import Group
from community_ops.demo.members import NEWCOMERS_WITHIN

DAY = 24 * 60
FRIDAY = 4


@dataclass(frozen=True)
class Plan:
    """``gifts``: (slot, key of the gift). ``began``: how long ago the only run began, if it has one."""

    title: str
    mechanic: str
    headline: str
    intro: str
    rules: Mapping[str, Any]
    gifts: tuple[tuple[str, str], ...]
    began: timedelta | None = None
    days: int = 6
    more: Mapping[str, Any] = field(default_factory=dict)


#: Begins before the first newcomer joins, so that they are new to it.
_INVITING = NEWCOMERS_WITHIN + timedelta(hours=2)

ASSIST = Plan(
    "三人助力，领洗衣凝珠",
    "assist",
    "喊 3 位新朋友，凝珠送到家",
    "新朋友点一下就算助力。满 3 人领凝珠一盒，满 8 人再得红包。每人限一单，退群作废。",
    {"stages": [3, 8], "hours": 30, "is_new_only": True, "helps_per_member": 3},
    (("stage_3", "beads"), ("stage_8", "packet"), ("helper", "points")),
    _INVITING,
    more={"budget": Decimal("900.00"), "expected_entries": 40},
)
PROOF = Plan(
    "晒单截图，请你喝柠檬茶",
    "assist",
    "好友晒单，你喝茶",
    "好友在小红书晒单后上传截图，运营审核通过就算数。满 2 人领柠檬茶券。",
    {"stages": [2, 5], "hours": 72, "is_new_only": False, "needs_proof": True},
    (("stage_2", "tea_coupon"), ("stage_5", "membership")),
    timedelta(hours=40),
    more={"budget": Decimal("300.00"), "expected_entries": 20},
)
COUPON = Plan(
    "双享券：你一张，我一张",
    "coupon",
    "带一位新朋友，两个人都有券",
    "新朋友领 15 元券，你同时得八五折券。两张一起到账，少一张都不发。",
    {"invites": 5, "is_new_only": True, "hours": 120},
    (("friend", "friend_coupon"), ("inviter", "inviter_coupon"), ("self", "tea_coupon")),
    _INVITING,
    more={"budget": Decimal("3000.00"), "stock": 100, "expected_entries": 40},
)
GROUP_BUY = Plan(
    "烟台苹果三人团",
    "group_buy",
    "三人成团 29.9，今晚发货",
    "5 斤装。三个人付清就成团，24 小时没满，各人的钱原路退回。",
    {
        "size": 3,
        "price": "29.90",
        "single_price": "39.90",
        "leader_discount": "3.00",
        "hours": 20,
        "pay_minutes": 30,
    },
    (("member", "points"), ("leader", "tea_coupon")),
    timedelta(hours=50),
    more={"product_name": "烟台苹果 5 斤装", "stock": 80, "budget": Decimal("300.00")},
)
GIFT = Plan(
    "买一送一：请朋友喝咖啡",
    "gift",
    "你一杯，朋友一杯",
    "一份 39.9 元，含两杯。送出的一杯 24 小时没人领，退这一杯的钱。",
    {"price": "39.90", "own_count": 1, "gift_count": 1, "hours": 24, "on_expiry": "refund"},
    (("gift", "coffee"), ("own", "coffee"), ("sender", "points")),
    timedelta(hours=46),
    more={
        "product_name": "手冲咖啡双杯",
        "stock": 120,
        "budget": Decimal("1200.00"),
        "entries_per_member": 3,
    },
)
BARGAIN = Plan(
    "电饭煲砍到 99",
    "bargain",
    "五位好友，从 199 砍到 99",
    "正好五位好友砍完就到底价，到底后留货 24 小时。新朋友一刀更有力。",
    {
        "start": "199.00",
        "floor": "99.00",
        "helpers": 5,
        "min_cut": "3.00",
        "hours": 24,
        "pay_minutes": 40,
    },
    (("buyer", "membership"), ("helper", "points")),
    timedelta(hours=44),
    more={
        "product_name": "3L 电饭煲",
        "stock": 15,
        "budget": Decimal("200.00"),
        "contributions_per_member": 6,
    },
)
CONTEST = Plan(
    "拉新达人榜",
    "contest",
    "比谁带来的新朋友多",
    "只算入群登记、没有退群的新朋友。第 1 名帐篷，2–3 名红包，4–10 名八五折券；起评 2 人。截止后公示 24 小时。",
    {
        "metric": "invites",
        "ranks": [[1, 1], [2, 3], [4, 10]],
        "floor_score": 2,
        "participation_places": 30,
        "review_hours": 24,
    },
    (
        ("rank_1_1", "tent"),
        ("rank_2_3", "packet"),
        ("rank_4_10", "inviter_coupon"),
        ("participation", "points"),
    ),
    _INVITING,
    more={"budget": Decimal("500.00"), "expected_entries": 60},
)
SWAP = Plan(
    "邻里闲置，换一换",
    "swap",
    "你的闲置，是邻居的刚好",
    "用闲置换闲置，或者换积分。先审后上架；谈妥后 72 小时内双方确认收到。",
    {"most_points": 2000, "listings_per_member": 3},
    (("owner", "points"), ("partner", "points")),
    timedelta(hours=54),
    days=14,
    more={"entries_per_member": 3, "budget": Decimal("50.00")},
)
WEEKLY = Plan(
    "周五夜拼：奶茶两人团",
    "group_buy",
    "每周五 20:00，两人成团 9.9",
    "每周五晚上八点到十点，两个人付清就成团。十点没满的，按付款原路退回。",
    {"size": 2, "price": "9.90", "hours": 2, "pay_minutes": 15},
    (("member", "points"),),
    more={
        "product_name": "奶茶一杯",
        "stock": 60,
        "budget": Decimal("60.00"),
        "repeat": Repeat.WEEKLY,
        "weekdays": [FRIDAY],
        "at_time": time(20),
        "duration_minutes": 120,
        "warn_minutes": 30,
    },
)
MONTHLY = Plan(
    "会员日：请朋友喝咖啡",
    "gift",
    "每月 18 号，品牌请客",
    "会员日当天，每人可以送朋友一杯，品牌买单，送完为止。",
    {"price": "0.00", "own_count": 0, "gift_count": 1, "hours": 12},
    (("gift", "coffee"), ("sender", "points")),
    more={
        "product_name": "手冲咖啡一杯",
        "stock": 50,
        "budget": Decimal("500.00"),
        "repeat": Repeat.MONTHLY,
        "month_days": [18],
        "at_time": time(10),
        "duration_minutes": 12 * 60,
    },
)
DRAFT = Plan(
    "国庆家庭日：五人团",
    "group_buy",
    "一家人，一起拼",
    "",
    {"size": 5, "price": "49.00", "tiers": [[3, "49.00"], [5, "39.00"]]},
    (("member", "points"),),
    more={"product_name": "坚果礼盒"},
)


def write(
    plan: Plan,
    *,
    gifts: Mapping[str, Benefit],
    groups: list[Group],
    team: Team,
    actor: User,
    now: datetime,
    starts_at: datetime | None = None,
) -> Campaign:
    """The plan as a draft, written at ``now``."""
    values = {
        "title": plan.title,
        "mechanic": plan.mechanic,
        "headline": plan.headline,
        "intro": plan.intro,
        "rules": dict(plan.rules),
        "team": team,
        "duration_minutes": plan.days * DAY,
        "starts_at": starts_at,
        **plan.more,
    }
    wanted = [Gift(slot, gifts[key]) for slot, key in plan.gifts]
    return write_campaign(campaign=None, values=values, benefits=wanted, groups=groups, actor=actor, now=now)


def last_friday(now: datetime) -> datetime:
    """The last Friday's 20:00 whose run has been over for an hour."""
    there = timezone.localtime(now - timedelta(hours=3))
    day = there.replace(hour=20, minute=0, second=0, microsecond=0)
    day -= timedelta(days=(day.weekday() - FRIDAY) % 7)
    return day if day <= there else day - timedelta(days=7)
