"""导出结果: what came out of a run, one row an entry (S5)."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.campaigns.enums import GrantState
from apps.campaigns.models import Entry, Grant, Run
from apps.core.errors import Invalid, NotAllowed
from apps.members.services.personal_data import EXPORT

_CHUNK = 2_000


def header() -> list[str]:
    """The columns."""
    return [
        _("编号"),
        _("标题"),
        _("发起人"),
        _("手机号"),
        _("状态"),
        _("名次"),
        _("得分"),
        _("有效人数"),
        _("发起时间"),
        _("结束时间"),
        _("结束原因"),
        _("礼品"),
        _("礼品成本"),
    ]


@transaction.atomic
def start_results_export(
    *, run: Run, actor: User, full: bool, reason: str
) -> tuple[int, Iterator[list[Any]]]:
    """Audit an export of a run's entries; returns how many, and their rows, read in pages as they are consumed.

    Phones are masked unless ``full``, which needs permission and a reason (M3). Raises ``NotAllowed``, ``Invalid``.
    """
    if not Run.objects.visible_to(actor).filter(pk=run.pk).exists() or not actor.has_perm(
        "campaigns.view_entry"
    ):
        raise NotAllowed(_("你没有导出这一期的权限。"), hint=_("请架构师把你加进对应的团队。"))
    if full and not actor.has_perm(EXPORT):
        raise NotAllowed(_("你没有导出完整个人信息的权限。"), hint=_("可以导出打码的。"))
    if full and not reason.strip():
        raise Invalid(_("请写明用途。"), hint=_("它会记入审计。"), field="reason")
    count = Entry.objects.filter(run=run).count()
    audit(actor=actor, action="run.export", target=run, reason=reason[:500], full=full, count=count)
    return count, _rows(run, full=full)


def _rows(run: Run, *, full: bool) -> Iterator[list[Any]]:
    query, after = Entry.objects.filter(run=run).select_related("owner").order_by("pk"), 0
    while page := list(query.filter(pk__gt=after)[:_CHUNK]):
        gifts = _gifts([entry.pk for entry in page])
        for entry in page:
            owner = entry.owner
            words, cost = gifts.get(entry.pk, ("", Decimal(0)))
            yield [
                entry.code,
                entry.title,
                owner.nickname,
                (owner.phone or "") if full else owner.masked_phone,
                entry.get_state_display(),
                entry.rank,
                entry.score,
                entry.count,
                entry.opened_at,
                entry.ended_at,
                entry.reason,
                words,
                cost,
            ]
        after = page[-1].pk


def _gifts(entry_ids: Sequence[int]) -> dict[int, tuple[str, Decimal]]:
    """Gifts in words and what they cost, by entry; what was taken back is left out."""
    words: dict[int, list[str]] = defaultdict(list)
    costs: dict[int, Decimal] = defaultdict(Decimal)
    rows = Grant.objects.filter(entry__in=entry_ids).exclude(state=GrantState.VOID).defer("address")
    for grant in rows.select_related("benefit").order_by("pk"):
        words[grant.entry_id].append(f"{grant.benefit.name} × {grant.quantity} {grant.get_state_display()}")
        if grant.state != GrantState.UNFUNDED:
            costs[grant.entry_id] += grant.cost
    return {pk: ("; ".join(lines), costs[pk]) for pk, lines in words.items()}
