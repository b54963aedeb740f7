"""Every kind of member page with something on it: where to go, as whom."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from apps.campaigns.enums import BenefitKind
from apps.campaigns.models import Entry, Grant
from apps.campaigns.services.codes.adding import add_codes
from apps.core.clock import database_now
from apps.members.models import Member
from apps.orders.models import Order
from tests.campaigns.factories import make_benefit, make_member, make_run
from tests.campaigns.play import play, start

PRICES = {"start": "10.00", "floor": "1.00", "helpers": 3, "has_own_cut": True}


@dataclass(frozen=True)
class Places:
    """``common`` are looked at by ``owner`` and ``friend`` alike, ``own`` by the owner, ``closed`` by nobody known."""

    owner: Member
    friend: Member
    common: list[str]
    own: list[str]
    closed: list[str]


def furnish() -> Places:
    """A run of each mechanic, an entry in each, and a member who has one of everything."""
    owner, friend = make_member("王小明"), make_member("李雷")
    runs = _runs()
    entries = {}
    for key, run in runs.items():
        params = {"gift": {"blessing": "生日快乐"}, "swap": {"title": "旧书", "description": "八成新"}}
        entries[key] = start(run, owner, **params.get(key, {}))
    play(entries["bargain"], "cut", friend)
    play(entries["contest"], "check_in", owner)
    _reward(owner)
    common = [_to("run", runs["assist"].pk), _to("board", runs["contest"].pk), _to("shelf", runs["swap"].pk)]
    for key, run in runs.items():
        common += [_to("play", run.pk), _to("entry", entries[key].code)]
    coupon = Grant.objects.get(kind=BenefitKind.COUPON, member=owner).coupons.get()
    parcel = Grant.objects.get(kind=BenefitKind.PHYSICAL, member=owner)
    own = [_to(name) for name in ("home", "me", "my_entries", "my_coupons", "my_gifts", "my_points")]
    own += [
        _to("my_invites"),
        _to("coupon", coupon.code),
        _to("address", parcel.pk),
        _to("pay", Order.objects.filter(member=owner).latest("pk").number),
        _to("share", entries["assist"].code),
        _to("open", runs["swap"].pk),
    ]
    closed = [_to("run", runs[key].pk) for key in runs if key != "assist"]
    closed += [_to("login"), _to("terms"), _to("home"), "/s/nobodys-code", "/m/e/nobodys-code/"]
    return Places(owner, friend, common, own, closed)


def _runs() -> dict[str, Any]:
    points, coupon = make_benefit(name="积分"), make_benefit(BenefitKind.COUPON, name="满减券")
    free_gift = {"price": "0.00", "gift_count": 1, "own_count": 0}
    return {
        "assist": make_run("assist", {"stages": [2, 5]}, slots={"stage_1": points, "helper": points}),
        "bargain": make_run("bargain", PRICES, stock=3),
        "contest": make_run(
            "contest", {"metric": "check_in", "ranks": [[1, 1], [2, 3]]}, slots={"rank_1_1": points}
        ),
        "coupon": make_run("coupon", {}, slots={"friend": coupon, "inviter": coupon}),
        "gift": make_run("gift", free_gift, slots={"gift": points}, stock=5),
        "group_buy": make_run("group_buy", {"size": 3, "price": "20.00", "single_price": "30.00"}, stock=5),
        "swap": make_run("swap", {"needs_moderation": False, "photos_least": 0}),
    }


def _reward(owner: Member) -> Entry:
    """A coupon, a code, points and a parcel without an address."""
    card = make_benefit(BenefitKind.CODE, name="视频会员月卡")
    add_codes(benefit=card, lines=["VIDEO-2026-A1"], actor=None, now=database_now())
    gifts = [card, make_benefit(), make_benefit(BenefitKind.COUPON), make_benefit(BenefitKind.PHYSICAL)]
    run = make_run("assist", {"stages": [1], "is_new_only": False}, slots={"stage_1": gifts})
    entry = start(run, owner)
    play(entry, "help", make_member())
    return entry


def _to(name: str, *args: Any) -> str:
    return reverse(f"h5:{name}", args=args)
