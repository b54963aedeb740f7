"""A world that has two of everything, each with figures of its own: what a page shows of one is not what it shows of
the other."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from apps.accounts.enums import Role
from apps.accounts.models import AuditEntry, Team, User
from apps.analytics.selectors.staff import ACTIONS
from apps.analytics.services.growing import grow
from apps.analytics.services.rolling import rebuild
from apps.analytics.services.scoring import score_buyers
from apps.campaigns.enums import BenefitKind
from apps.campaigns.models import Campaign, Coupon, Run
from apps.content_calendar.models import Post
from apps.events.models import Event
from apps.groups.models import Group
from apps.members.models import Member, Tier
from apps.members.models.member import MemberTeam
from tests.analytics.boards import staff
from tests.analytics.facts import fact, record_facts
from tests.campaigns.factories import make_benefit, make_run

#: days ago → members more than the place has on a usual day
DAYS = {0: 0, 1: 1, 8: 2, 40: 3}


@dataclass(frozen=True)
class Place:
    """A team's group, campaign, run and post. ``size`` makes its figures differ from those of the others."""

    team: Team
    group: Group
    campaign: Campaign
    run: Run
    post: Post
    tier: Tier
    worker: User
    number: int
    size: int


@dataclass(frozen=True)
class Pair:
    """``here`` and ``near`` are of one team, ``far`` of another. ``now`` is noon of the portal's today or earlier."""

    here: Place
    near: Place
    far: Place
    now: datetime

    @property
    def places(self) -> tuple[Place, ...]:
        return self.here, self.near, self.far


def make_pair(now: datetime, more: str = "") -> Pair:
    """Recorded, rolled up, scored and grown into trees. ``more`` tells the names of a second one from the first's."""
    east, west = (Team.objects.create(name=f"{name}{more}") for name in ("华东", "华西"))
    workers = {team: staff(f"worker of {team}", Role.GROUP_OPERATOR, team) for team in (east, west)}
    for worker, busy, busier in (
        (workers[east], 1, 2),
        (workers[west], 3, 5),
        (staff(f"idle today{more}", Role.GROUP_OPERATOR, west), 0, 1),
    ):
        AuditEntry.objects.bulk_create(
            AuditEntry(actor=worker, action=actions[0], at=now - timedelta(days=ago))
            for actions in ACTIONS.values()
            for ago, count in ((0, busy), (8, busier))
            for _ in range(count)
        )
    tiers = [
        Tier.objects.create(name=f"{name}{more}", rank=rank) for rank, name in enumerate(("甲级", "乙级"), 90)
    ]
    places = []
    for number, (team, size) in enumerate(((east, 2), (east, 4), (west, 9)), start=1):
        run = make_run(("assist", "group_buy", "bargain")[number - 1], opens_at=now - timedelta(days=9))
        Campaign.objects.filter(pk=run.campaign_id).update(team=team)
        run.campaign.team = team
        group = Group.objects.create(
            name=f"群{number}{more}", kind="vip", team=team, owner=workers[team], member_count=size
        )
        kind = ("text", "image", "link")[number - 1]
        post = Post.objects.create(title=f"帖{number}", kind=kind, author=workers[team], team=team)
        places.append(
            Place(team, group, run.campaign, run, post, tiers[number % 2], workers[team], number, size)
        )
    Post.objects.filter(pk=places[0].post.pk).update(created_at=now - timedelta(days=8))
    for place in places:
        record_facts(*_facts(place, now))
        _owed(place, now)
    rebuild(now=now)
    score_buyers(now=now)
    grow()
    return Pair(*places, now)


def _facts(place: Place, now: datetime) -> list[Event]:
    found: list[Event] = []
    for ago, more in DAYS.items():
        at = now - timedelta(days=ago)
        leaving = 1 + (ago == 8) + (place.number == 2)
        for number in range(place.size + more):
            member = place.number * 1000 + ago * 20 + number
            found += _of_member(place, at, member, is_leaving=number < leaving, comes_back=ago == 40)
    return found


def _of_member(place: Place, at: datetime, member: int, *, is_leaving: bool, comes_back: bool) -> list[Event]:
    """Who leaves does less, and other things, than who stays."""
    # Far away each new one brings the next: trees of several generations.
    owner = member - 1 + 500 if place.number == 3 and not is_leaving else member

    def did(
        what: str,
        value: float | None = None,
        who: int | None = member,
        minutes: int = 0,
        actor: User | None = None,
        **data: object,
    ):
        names = {
            "campaign": place.campaign.pk,
            "run": place.run.pk,
            "post": place.post.pk,
            "channel": f"渠道{place.number}",
        }
        return fact(
            what, at + timedelta(minutes=minutes), member_id=who, value=value, team_id=place.team.pk,
            group_id=place.group.pk, actor=actor, tier_id=place.tier.pk, source=f"来源{place.number}", data=names | data,
            subject=f"post:{place.post.pk}:{place.group.pk}:1:1" if what.startswith("post.") else "",
        )  # fmt: skip

    found = [
        did("group.joined"), did("member.registered", inviter=member + 1), did("page.visited", inviter=member + 1),
        did("post.sent", who=None), did("points.changed", 50, reason="签到"), did("link.clicked"),
        did("benefit.granted", 3 * place.size, kind="coupon", quantity=1), did("page.viewed", minutes=1),
        did("campaign.contributed", who=member + 500, kind="help", is_new=True, owner=owner, minutes=4),
    ]  # fmt: skip
    if is_leaving:
        return [
            *found, did("group.left", minutes=5), did("post.failed", who=None, state="missed"), did("campaign.failed"),
            did("campaign.voided", who=member + 500, kind="help", is_new=True, owner=owner, minutes=6),
            did("points.changed", -5, reason="兑换"), did("spend.recorded", 5 + place.size**2, who=None),
        ]  # fmt: skip
    paid = [did("order.paid", 10 * place.size, minutes=2 + n) for n in range(1 + member % 2)]
    before = [did("page.viewed", minutes=-1440 * day) for day in range(1, place.number + 1)]
    if comes_back:
        before += [did("page.viewed", minutes=1440 * day) for day in (7, 28)]
    return [
        *found, *paid, *before, did("order.cost", place.size), did("campaign.entered"), did("campaign.succeeded"),
        did("visit.converted", kind="entry"), did("member.messaged"), did("group.checked_in"), did("coupon.redeemed", 2, actor=place.worker),
        did("order.refunded", place.size, minutes=9),
    ]  # fmt: skip


def _owed(place: Place, now: datetime) -> None:
    """Points and coupons that are owed, to members who brought each other: far away one after the other."""
    known: list[Member] = []
    for number in range(place.size):
        member = Member.objects.create(
            phone=f"+86139{place.team.pk:04d}{place.number:02d}{number:02d}",
            nickname=f"员{place.number}{number}",
            points_balance=place.size,
            inviter=known[-1 if place.number == 3 else 0] if known else None,
        )
        known.append(member)
    MemberTeam.objects.bulk_create(MemberTeam(member=member, team=place.team) for member in known)
    benefit = make_benefit(BenefitKind.COUPON, coupon_kind="fixed", coupon_value=Decimal(10), team=place.team)
    Coupon.objects.bulk_create(
        Coupon(
            benefit=benefit, kind="fixed", value=Decimal(10), valid_from=now - timedelta(days=40), issued_at=now,
            valid_until=now + timedelta(days=20),
        )
        for _ in range(place.size)
    )  # fmt: skip
