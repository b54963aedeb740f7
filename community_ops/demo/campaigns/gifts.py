"""Gifts of each kind, with the pool of codes filled."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from apps.accounts.models import Team, User
from apps.campaigns.enums import BenefitKind, CouponKind
from apps.campaigns.models import Benefit
from apps.campaigns.services.benefits import write_benefit
from apps.campaigns.services.codes.adding import add_codes

CODES = 500

#: key → what a person would fill in. Costs are what such things cost a shop, face values what they sell for.
_GIFTS: dict[str, dict[str, Any]] = {
    "beads": {
        "name": "洗衣凝珠 30 颗",
        "kind": BenefitKind.PHYSICAL,
        "cost": Decimal("12.50"),
        "face_value": Decimal("29.90"),
        "stock": 40,
        "low_stock": 10,
        "note": "填好地址后 48 小时内发出。",
    },
    "tent": {
        "name": "三人速开帐篷",
        "kind": BenefitKind.PHYSICAL,
        "cost": Decimal("168.00"),
        "face_value": Decimal("329.00"),
        "stock": 2,
        "low_stock": 0,
    },
    "coffee": {
        "name": "手冲咖啡兑换码",
        "kind": BenefitKind.CODE,
        "cost": Decimal("9.00"),
        "face_value": Decimal("22.00"),
        "low_stock": 50,
        "note": "到任一门店出示，店员输入即可。",
    },
    "friend_coupon": {
        "name": "新朋友券 满 59 减 15",
        "kind": BenefitKind.COUPON,
        "cost": Decimal("15.00"),
        "face_value": Decimal("15.00"),
        "stock": 500,
        "coupon_kind": CouponKind.FIXED,
        "coupon_value": Decimal("15.00"),
        "coupon_threshold": Decimal("59.00"),
        "coupon_valid_days": 14,
    },
    "inviter_coupon": {
        "name": "老友回馈券 八五折",
        "kind": BenefitKind.COUPON,
        "cost": Decimal("12.00"),
        "face_value": Decimal("20.00"),
        "coupon_kind": CouponKind.PERCENT,
        "coupon_value": Decimal("85.00"),
        "coupon_cap": Decimal("20.00"),
        "coupon_threshold": Decimal("39.00"),
        "coupon_valid_days": 14,
    },
    "tea_coupon": {
        "name": "柠檬茶兑换券",
        "kind": BenefitKind.COUPON,
        "cost": Decimal("4.00"),
        "face_value": Decimal("12.00"),
        "coupon_kind": CouponKind.EXCHANGE,
        "coupon_valid_days": 7,
    },
    "points": {
        "name": "20 积分",
        "kind": BenefitKind.POINTS,
        "cost": Decimal("0.20"),
        "face_value": Decimal("0.20"),
        "amount": 20,
    },
    "packet": {
        "name": "8.88 元红包",
        "kind": BenefitKind.RED_PACKET,
        "cost": Decimal("8.88"),
        "face_value": Decimal("8.88"),
        "provider": "manual",
        "stock": 60,
    },
    "membership": {
        "name": "会员 30 天",
        "kind": BenefitKind.MEMBERSHIP,
        "cost": Decimal("3.00"),
        "face_value": Decimal("15.00"),
        "amount": 30,
    },
}


def load_gifts(*, actor: User, team: Team, now: datetime) -> dict[str, Benefit]:
    """Write them all as ``actor``; returns them by key."""
    gifts = {
        key: write_benefit(benefit=None, values={**values, "team": team}, actor=actor, now=now)
        for key, values in _GIFTS.items()
    }
    codes = (f"KF{number * 7919 % 1_000_003:07}" for number in range(1, CODES + 1))
    add_codes(benefit=gifts["coffee"], lines=codes, actor=actor, now=now)
    return gifts
