"""What follows a win: addresses, parcels, red packets, write-offs at the till, refunds; some are left to do."""

import io
from datetime import datetime, timedelta
from decimal import Decimal

from django.core.files.base import File
from PIL import Image, ImageDraw

from apps.campaigns.enums import CouponState, GrantState
from apps.campaigns.models import Coupon, Grant
from apps.campaigns.services.coupons.writing_off import write_off
from apps.campaigns.services.granting.addresses import fill_address
from apps.campaigns.services.granting.packet_verdicts import mark_paid
from apps.campaigns.services.granting.shipping import mark_received, ship
from apps.campaigns.services.photos import keep_photos
from apps.orders.enums import RefundState
from apps.orders.models import Refund
from apps.orders.services.refunds import confirm_refund
from community_ops.demo.campaigns.stage import Stage

_STREETS = ("文三路 188 号", "中山北路 3300 号", "人民南路 27 号", "解放大道 615 号", "滨江路 9 号")
#: Bills at the till, in yuan; every one is above the coupons' thresholds.
_BILLS = ("68.00", "96.50", "129.90", "75.00", "59.90", "210.00", "88.80", "62.30", "155.00", "99.00")


def parcels(stage: Stage, at: datetime) -> None:
    """All but two winners have said where; the first parcels have left, one has arrived."""
    waiting = list(
        Grant.objects.filter(state=GrantState.AWAITING_ADDRESS).select_related("member").order_by("pk")
    )
    for number, grant in enumerate(waiting[:-2]):
        fill_address(
            grant=grant,
            member_id=grant.member_id,
            name=grant.member.nickname or "收件人",
            phone=grant.member.phone or "",
            address=f"{grant.member.city or '杭州'}市{_STREETS[number % len(_STREETS)]} {number + 1} 幢 {101 + number} 室",
            now=at,
        )
    ready = list(Grant.objects.filter(state=GrantState.AWAITING_SHIPMENT).order_by("pk"))
    for number, grant in enumerate(ready[: len(ready) // 2]):
        later = at + timedelta(minutes=10 + number)
        ship(
            grant=grant,
            company="顺丰速运",
            number=f"SF14{number + 1:011}",
            actor=stage.staff.operator,
            now=later,
        )
        if number == 0:
            mark_received(
                grant=grant, actor=None, member_id=grant.member_id, now=later + timedelta(minutes=5)
            )


def packets(stage: Stage, at: datetime) -> None:
    """Half of the red packets have been paid by hand."""
    due = list(Grant.objects.filter(kind="red_packet", state=GrantState.PENDING).order_by("pk"))
    for number, grant in enumerate(due[: (len(due) + 1) // 2]):
        mark_paid(
            grant=grant, reference=f"微信转账 {at:%m%d}{number + 1:03}", actor=stage.staff.operator, now=at
        )


def till(stage: Stage, at: datetime) -> None:
    """Coupons used in the shop, written off by member service."""
    coupons = list(
        Coupon.objects.filter(state=CouponState.ACTIVE, valid_from__lte=at).order_by("pk")[
            : 2 * len(_BILLS) : 2
        ]
    )
    for number, (coupon, bill) in enumerate(zip(coupons, _BILLS, strict=False)):
        write_off(
            code=coupon.code,
            amount=Decimal(bill),
            reference=f"XP{at:%m%d}{number + 1:03}",
            actor=stage.staff.service,
            now=at + timedelta(minutes=3 * number),
        )


def refunds(stage: Stage, at: datetime) -> None:
    """The older half of what is owed has been paid back."""
    owed = list(Refund.objects.filter(state=RefundState.REQUESTED).order_by("pk"))
    for number, refund in enumerate(owed[: len(owed) // 2]):
        confirm_refund(
            refund=refund, actor=stage.staff.operator, reference=f"TK{at:%m%d}{number + 1:03}", now=at
        )


def pictures() -> list[str]:
    """References of a few drawn pictures, as members would have uploaded them."""
    return keep_photos([_picture(colour) for colour in ("#0ea5e9", "#f59e0b", "#10b981")])


def _picture(colour: str) -> File:
    picture = Image.new("RGB", (480, 480), "#f8fafc")
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((70, 110, 410, 400), radius=36, fill=colour)
    draw.rectangle((70, 190, 410, 214), fill="#f8fafc")
    draw.ellipse((200, 60, 280, 140), outline=colour, width=14)
    data = io.BytesIO()
    picture.save(data, "PNG")
    data.seek(0)
    return File(data, name="thing.png")
