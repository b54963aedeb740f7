"""Facts as people read them: names instead of numbers, masked, with the way to each thing."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.analytics.admin.board.charts import Cell, Column, Table
from apps.analytics.admin.board.wording import NOTHING, say_number
from apps.analytics.enums import Unit
from apps.analytics.selectors.rows import Fact
from apps.campaigns.models import Campaign, Coupon, Entry, Grant, Run
from apps.campaigns.selectors.names import public_name
from apps.content_calendar.models import Post
from apps.core.numbers import whole
from apps.events.enums import EventKind
from apps.groups.models import Group
from apps.members.models import Member
from apps.orders.models import Order

#: The first word of a fact's subject → what it is and where it is looked at.
_SUBJECTS: dict[str, tuple[Any, type[Model], str]] = {
    "order": (lambda: _("订单"), Order, "admin:orders_order_change"),
    "grant": (lambda: _("发放"), Grant, "admin:campaigns_grant_change"),
    "coupon": (lambda: _("优惠券"), Coupon, "admin:campaigns_coupon_change"),
    "entry": (lambda: _("参与"), Entry, "admin:campaigns_entry_change"),
    "post": (lambda: _("帖子"), Post, "admin:content_calendar_post_change"),
}
#: How a message ended that did not go out.
UNSENT = {
    "failed": gettext_lazy("发送失败"),
    "missed": gettext_lazy("过了时间没发"),
    "unknown": gettext_lazy("结果未知"),
}
#: Values that are yuan; others are plain numbers.
_MONEY = ("order.", "benefit.", "coupon.", "spend.")


def columns() -> list[Column]:
    names = [_("时间"), _("事实"), _("成员"), _("社群"), _("对象"), _("活动"), _("员工")]
    return [*(Column(name, is_number=False) for name in names), Column(_("数值"))]


def table_of(facts: Sequence[Fact], user: User) -> Table:
    """One row per fact; at most one query per kind of thing named. Things out of the reader's sight have no name."""
    things = _Things.of(facts, user)
    return Table(columns(), [things.row(fact) for fact in facts])


@dataclass
class _Things:
    user: User
    members: dict[int, str] = field(default_factory=dict)
    groups: dict[int, str] = field(default_factory=dict)
    campaigns: dict[int, str] = field(default_factory=dict)
    runs: dict[int, str] = field(default_factory=dict)
    staff: dict[int, str] = field(default_factory=dict)
    #: (word, number) of subjects that the reader may open.
    open: set[tuple[str, int]] = field(default_factory=set)

    @classmethod
    def of(cls, facts: Sequence[Fact], user: User) -> "_Things":
        found = cls(user)
        members = Member.objects.visible_to(user).only("pk", "nickname")
        found.members = _named(
            members, (fact.member_id for fact in facts), lambda member: public_name(member.nickname)
        )
        found.groups = _named(Group.objects.visible_to(user), (fact.group_id for fact in facts), str)
        found.campaigns = _named(
            Campaign.objects.visible_to(user), (_number(fact.data.get("campaign")) for fact in facts), str
        )
        found.runs = _named(
            Run.objects.visible_to(user).select_related("campaign"),
            (_number(fact.data.get("run")) for fact in facts),
            str,
        )
        found.staff = _named(User.objects.all(), (fact.actor_id for fact in facts), str)
        wanted: dict[str, set[int]] = {}
        for fact in facts:
            if (place := _subject(fact)) is not None:
                wanted.setdefault(place[0], set()).add(place[1])
        for word, numbers in wanted.items():
            model: Any = _SUBJECTS[word][1]
            seen = model.objects.visible_to(user).filter(pk__in=numbers).values_list("pk", flat=True)
            found.open |= {(word, number) for number in seen}
        return found

    def row(self, fact: Fact) -> list[Cell]:
        moment = timezone.localtime(fact.at)
        kind = EventKind(fact.kind).label if fact.kind in EventKind.values else fact.kind
        unit = Unit.MONEY if fact.kind.startswith(_MONEY) else Unit.COUNT
        value = NOTHING if fact.value is None else say_number(fact.value, unit)
        return [
            Cell(moment.isoformat(timespec="seconds"), f"{moment:%m-%d %H:%M:%S}"),
            _cell(str(kind)),
            self._named(fact.member_id, self.members, "admin:members_member_change", _("看不到的成员")),
            self._named(fact.group_id, self.groups, "admin:groups_group_change", _("看不到的社群")),
            self._subject(fact),
            self._campaign(fact),
            _cell(self.staff.get(fact.actor_id or 0, "")),
            Cell(fact.value, value),
        ]

    def _named(self, number: int | None, names: dict[int, str], address: str, hidden: str) -> Cell:
        if number is None:
            return _cell("")
        return _cell(names[number], address, number) if number in names else _cell(hidden)

    def _subject(self, fact: Fact) -> Cell:
        place = _subject(fact)
        if place is None:
            return _cell("")
        word, number = place
        label, _model, address = _SUBJECTS[word]
        text = f"{label()} #{number}"
        return _cell(text, address, number) if place in self.open else _cell(text)

    def _campaign(self, fact: Fact) -> Cell:
        run, campaign = _number(fact.data.get("run")), _number(fact.data.get("campaign"))
        if run in self.runs:
            return _cell(self.runs[run], "admin:campaigns_run_change", run)
        if campaign in self.campaigns:
            return _cell(self.campaigns[campaign], "admin:campaigns_campaign_change", campaign)
        return _cell("")


def _cell(text: str, address: str = "", number: int = 0) -> Cell:
    url = ""
    if address:
        try:
            url = reverse(address, args=[number])
        except NoReverseMatch:
            url = ""
    return Cell(text, text or NOTHING, url=url)


def _named(rows: QuerySet[Any], numbers: Iterable[int | None], name: Callable[[Any], str]) -> dict[int, str]:
    wanted = {number for number in numbers if number}
    return {row.pk: name(row) for row in rows.filter(pk__in=wanted)} if wanted else {}


def _number(value: object) -> int:
    """A number that a fact names; 0 for none."""
    return whole(value) or 0


def _subject(fact: Fact) -> tuple[str, int] | None:
    word, _colon, rest = fact.subject.partition(":")
    if word == "part":  # a contribution is looked at on its entry
        word, rest = "entry", str(fact.data.get("entry", ""))
    number = _number(rest.partition(":")[0])
    return (word, number) if word in _SUBJECTS and number else None
