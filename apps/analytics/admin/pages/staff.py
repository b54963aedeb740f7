"""员工: how the work is spread, so that nobody drowns in it. No ranking: people are in the order of their names."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.analytics.admin.board.charts import Chart, Column, Series, Table, bars, number_cell, text_cell
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.links import rows_url
from apps.analytics.admin.board.page import Page
from apps.analytics.admin.board.tiles import Tile
from apps.analytics.admin.board.wording import say_number
from apps.analytics.enums import Dimension, Unit
from apps.analytics.selectors.staff import ACTIONS, Work, workload
from apps.groups.enums import GroupStage

#: kind of work → words, in the order of the table.
_WORDS: dict[str, Any] = {
    "posts": gettext_lazy("写帖子"),
    "approvals": gettext_lazy("审批"),
    "manual": gettext_lazy("人工发送和重发"),
    "campaigns": gettext_lazy("办活动"),
    "write_offs": gettext_lazy("核销"),
    "fulfilments": gettext_lazy("发货和发礼"),
    "orders": gettext_lazy("处理订单"),
    "risk": gettext_lazy("风控处理"),
    "members": gettext_lazy("管成员"),
}


def build(filters: Filters) -> dict[str, Any]:
    found = [one for one in workload(filters.scope, filters.period) if not one.is_idle]
    totals = {kind: sum(one.done[kind] for one in found) for kind in _WORDS}
    return {
        "tiles": [
            Tile(label=_("有工作的人"), text=say_number(len(found), Unit.PEOPLE)),
            *(
                Tile(label=str(words), text=say_number(totals[kind], Unit.COUNT))
                for kind, words in _WORDS.items()
            ),
        ],
        "charts": {"spread": _spread(found), "work": _work(found, filters), "owned": _owned(found, filters)},
    }


def _spread(found: list[Work]) -> Chart:
    drawn = [
        Series(words, [one.done[kind] for one in found], Unit.COUNT, stack="work")
        for kind, words in _WORDS.items()
        if any(one.done[kind] for one in found)
    ]
    return bars(
        "spread",
        _("工作怎么分的"),
        [str(one.user) for one in found] if drawn else [],
        drawn,
        x_label=_("员工"),
        horizontal=True,
        height=28,
        note=_(
            "按姓名排，不分名次：各人的活不一样重，次数多不等于贡献大。用来看有没有人太忙、有没有活没人接。"
        ),
        empty=_EMPTY,
    )


def _work(found: list[Work], filters: Filters) -> Chart:
    lines = [
        [
            text_cell(one.user, _audit_url(filters, one)),
            *(number_cell(one.done[kind], Unit.COUNT, _behind(filters, one, kind)) for kind in _WORDS),
        ]
        for one in found
    ]
    columns = [Column(_("员工"), is_number=False), *(Column(words) for words in _WORDS.values())]
    note = _(
        "数的是这段时间里留下记录的动作。点名字看这个人的审计记录。同时在别的团队工作的人，只在全部团队里看得到。"
    )
    return Chart("work", _("做了什么"), {}, Table(columns, lines), note=note, empty=_EMPTY)


def _owned(found: list[Work], filters: Filters) -> Chart:
    owners = [one for one in found if one.groups]
    lines = [
        [
            text_cell(one.user),
            number_cell(one.groups, Unit.COUNT, _groups_url(filters, one)),
            number_cell(one.members, Unit.PEOPLE),
            number_cell(one.members / one.groups, Unit.PEOPLE),
        ]
        for one in owners
    ]
    columns = [
        Column(_("员工"), is_number=False),
        Column(_("负责的群")),
        Column(_("群里的人")),
        Column(_("平均每群")),
    ]
    note = _("现在负责的群和群里的人（同一个人在两个群算两次）。")
    empty = _("还没有群指定运营负责人。在社群页给每个群选一位。")
    table = Table(columns, lines)
    return Chart("owned", _("负责的群"), {}, table, note=note, empty=empty, beyond=("period",))


def _behind(filters: Filters, one: Work, kind: str) -> str:
    """What was counted: the log's rows, or the audit's of these very actions."""
    if kind == "write_offs":
        return rows_url("coupons_redeemed", filters, dim=Dimension.STAFF, key=str(one.user.pk))
    return _audit_url(filters, one, ACTIONS[kind]) if kind in ACTIONS else ""


def _audit_url(filters: Filters, one: Work, actions: Sequence[str] = ()) -> str:
    if not filters.user.has_perm("accounts.view_auditentry"):
        return ""
    first, last = filters.period.first, filters.period.last
    address = reverse("admin:accounts_auditentry_changelist")
    did = f"&did={','.join(actions)}" if actions else ""
    return f"{address}?actor__id__exact={one.user.pk}&at_from_0={first}&at_to_0={last}{did}"


def _groups_url(filters: Filters, one: Work) -> str:
    if not filters.user.has_perm("groups.view_group"):
        return ""
    running = "".join(f"&stage__exact={stage}" for stage in GroupStage.values if stage != GroupStage.CLOSED)
    team = f"&team__id__exact={filters.team_id}" if filters.team_id is not None else ""
    return f"{reverse('admin:groups_group_changelist')}?owner__id__exact={one.user.pk}{running}{team}"


_EMPTY = gettext_lazy("这段时间没有留下工作记录。换一个时间范围看看。")

PAGE = Page(
    key="staff",
    label=gettext_lazy("员工工作量"),
    icon="badge",
    template="analytics/staff.html",
    build=build,
    permission="accounts.view_auditentry",
    order=95,
    preset="30d",
    can_share=False,
    help=gettext_lazy("活怎么分的：谁在写、谁在审、谁在发货，谁管着多少群。为了分得匀，不为排名次。"),
)
