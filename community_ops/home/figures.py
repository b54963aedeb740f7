"""Today's figures."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.channels.enums import DeliveryState
from apps.channels.models import Delivery
from apps.events.enums import EventKind
from apps.events.models import Event
from apps.groups.enums import GroupStage
from apps.groups.models import Group
from apps.imports.enums import JobState
from apps.imports.models import ImportJob
from community_ops.home.links import link


@dataclass(frozen=True)
class Figure:
    """One number with its unit, its explanation and the list behind it (A2)."""

    key: str
    label: str
    value: str
    note: str
    url: str
    tone: str = ""


def day_bounds(now: datetime) -> tuple[datetime, datetime]:
    """Start and end of the local day that ``now`` falls in."""
    start = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return start, (start + timedelta(hours=36)).replace(hour=0)


def figures(user: User, now: datetime) -> list[Figure]:
    """What happened today and how many seats there are, of what the user may see. At most four queries."""
    start, end = day_bounds(now)
    found: list[Figure] = []
    if user.has_perm("channels.view_delivery"):
        found += _deliveries(user, start, end)
    if user.has_perm("groups.view_membership"):
        joined = Event.objects.visible_to(user).filter(
            kind=EventKind.GROUP_JOINED, occurred_at__gte=start, occurred_at__lt=end
        )
        url = link("groups_membership_changelist", joined_at__gte=start)
        found.append(Figure("joined", _("今日入群"), f"{joined.count():,}", _("人次"), url))
    if user.has_perm("imports.view_importjob"):
        found.append(_imports(user, start, end))
    if user.has_perm("groups.view_group"):
        found += _groups(user)
    return found


def _deliveries(user: User, start: datetime, end: datetime) -> list[Figure]:
    counts = dict(
        Delivery.objects.visible_to(user)
        .filter(due_at__gte=start, due_at__lt=end)
        .order_by()
        .values_list("state")
        .annotate(Count("pk"))
    )
    sent = counts.get(DeliveryState.SENT, 0)
    lost = counts.get(DeliveryState.FAILED, 0) + counts.get(DeliveryState.MISSED, 0)
    unknown = counts.get(DeliveryState.UNKNOWN, 0)
    ended = sent + lost + unknown
    open_count = sum(counts.values()) - ended - counts.get(DeliveryState.CANCELLED, 0)
    today = {"due_at__gte": start, "due_at__lt": end}
    name = "channels_delivery_changelist"
    rate = f"{sent * 100 / ended:.1f}%" if ended else "—"
    return [
        Figure(
            "sent",
            _("今日已送达"),
            f"{sent:,}",
            _("条"),
            link(name, state__exact=DeliveryState.SENT, **today),
        ),
        Figure(
            "rate",
            _("今日成功率"),
            rate,
            _("失败和错过 %(lost)d，未知 %(unknown)d") % {"lost": lost, "unknown": unknown},
            link(name, state__in="failed,missed,unknown", **today),
            "danger" if lost or unknown else "",
        ),
        Figure(
            "open",
            _("今日还要发"),
            f"{open_count:,}",
            _("条"),
            link(name, state__in="pending,claimed,sending,held,awaiting_person", **today),
        ),
    ]


def _imports(user: User, start: datetime, end: datetime) -> Figure:
    done = ImportJob.objects.visible_to(user).filter(
        state=JobState.DONE, finished_at__gte=start, finished_at__lt=end
    )
    totals = done.aggregate(new=Sum("created_count"), changed=Sum("updated_count"))
    return Figure(
        "imported",
        _("今日导入新成员"),
        f"{totals['new'] or 0:,}",
        _("另更新 %d 人") % (totals["changed"] or 0),
        link("imports_importjob_changelist", state__exact=JobState.DONE, finished_at__gte=start),
    )


def _groups(user: User) -> list[Figure]:
    open_groups = Group.objects.visible_to(user).exclude(stage=GroupStage.CLOSED).order_by()
    totals = open_groups.aggregate(groups=Count("pk"), members=Sum("member_count"), seats=Sum("capacity"))
    members, seats = totals["members"] or 0, totals["seats"] or 0
    share = f"{members * 100 / seats:.0f}%" if seats else "—"
    return [
        Figure("groups", _("在运营社群"), f"{totals['groups']:,}", _("个"), link("groups_group_changelist")),
        Figure(
            "seats",
            _("成员 / 容量"),
            f"{members:,}",
            _("共 %(seats)s 个位置，用了 %(share)s") % {"seats": f"{seats:,}", "share": share},
            link("groups_group_changelist", fullness="nearly"),
        ),
    ]
