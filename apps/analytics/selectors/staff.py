"""Who did how much of the work: from the audit, the posts, the log and what each person owns."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Count, Sum

from apps.accounts.models import AuditEntry, User
from apps.analytics.enums import Dimension
from apps.analytics.selectors.figures import figures
from apps.analytics.selectors.periods import Period
from apps.analytics.selectors.scope import Scope
from apps.content_calendar.models import Post
from apps.events.enums import EventKind
from apps.groups.enums import GroupStage
from apps.groups.models import Group

_REDEEMED, _RETURNED = EventKind.COUPON_REDEEMED.value, EventKind.COUPON_RETURNED.value
#: kind of work → the audit's actions that are it. What only looks, exports or sets things up is no work of these.
ACTIONS: Mapping[str, tuple[str, ...]] = {
    "approvals": ("approval.approve", "approval.reject"),
    "manual": ("delivery.mark_sent", "delivery.resend"),
    "campaigns": (
        "campaign.create", "campaign.launch", "run.open", "run.close", "run.extend", "run.settle", "landing.publish",
        "campaign.act_for_member",
    ),
    "fulfilments": (
        "grant.ship", "grant.received", "grant.mark_paid", "grant.mark_unpaid", "grant.retry", "grant.fund",
        "grant.fill_address", "grant.ask_address",
    ),
    "orders": ("order.mark_paid", "order.cancel", "order.refund", "refund.confirm", "refund.retry"),
    "risk": ("flag.release", "flag.strike", "flag.void", "grant.release", "grant.void", "contribution.revoke"),
    "members": ("group.joined", "group.left", "member.adjust_points", "member.tag", "member.change"),
}  # fmt: skip


@dataclass
class Work:
    """One person's work in the period by kind of work, and what they own now."""

    user: User
    done: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    groups: int = 0
    members: int = 0

    @property
    def is_idle(self) -> bool:
        return not (self.groups or any(self.done.values()))


def people_of(scope: Scope) -> list[User]:
    """Active staff by name. With a scope of teams: those who work for these teams alone, since an audit row does not
    say for which of their teams it was."""
    users = User.objects.filter(is_active=True, is_staff=True).prefetch_related("teams")
    if scope.team_ids is not None:
        users = users.filter(teams__in=scope.team_ids).distinct()
    found = [
        user
        for user in users
        if scope.team_ids is None or {team.pk for team in user.teams.all()} <= scope.team_ids
    ]
    return sorted(found, key=lambda user: (str(user), user.pk))


def workload(scope: Scope, period: Period) -> list[Work]:
    """Everybody of :func:`people_of` in the order of their names; six queries whatever their number."""
    found = {user.pk: Work(user) for user in people_of(scope)}
    ids = list(found)
    if not ids:
        return []
    kind_of = {action: kind for kind, actions in ACTIONS.items() for action in actions}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT actor_id, action, count(*) FROM {AuditEntry._meta.db_table}"
            " WHERE actor_id = ANY(%s) AND action = ANY(%s) AND at >= %s AND at < %s GROUP BY 1, 2",
            [ids, list(kind_of), period.start, period.end],
        )
        for actor, action, count in cursor.fetchall():
            found[actor].done[kind_of[action]] += count
    posts = Post.objects.filter(author__in=ids, created_at__gte=period.start, created_at__lt=period.end)
    for row in posts.order_by().values("author").annotate(n=Count("pk")):
        found[row["author"]].done["posts"] += row["n"]
    kept = figures(
        scope=scope,
        period=period,
        kinds=(_REDEEMED, _RETURNED),
        dim=Dimension.STAFF,
        keys=[str(number) for number in ids],
    )
    for number in ids:
        one = kept[str(number)]
        found[number].done["write_offs"] = one.count(_REDEEMED) - one.count(_RETURNED)
    groups = Group.objects.filter(owner__in=ids).exclude(stage=GroupStage.CLOSED)
    if scope.team_ids is not None:
        groups = groups.filter(team__in=scope.team_ids)
    for own in groups.order_by().values("owner").annotate(n=Count("pk"), people=Sum("member_count")):
        found[own["owner"]].groups, found[own["owner"]].members = own["n"], own["people"]
    return list(found.values())
