"""The end of a settlement, and waiting for it."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from apps.accounts.enums import NoticeLevel
from apps.accounts.services.audit import audit
from apps.campaigns.enums import COSTED_GRANT_STATES, RUN_MOVES, EntryState, GrantState, RunState
from apps.campaigns.models import Entry, Grant, Run
from apps.campaigns.services.runs.access import lock_run
from apps.campaigns.services.runs.telling import tell
from apps.core.models import move
from apps.events.enums import EventKind
from apps.events.models import Event
from apps.events.services.recording import record

_SETTLING = frozenset({RunState.SETTLING})


@transaction.atomic
def finish(run_id: int, *, now: datetime) -> bool:
    """Call the run settled, with its event and a notice of its figures; False if it is so already, or somebody
    holds it. The caller has seen that no entry is live; nothing can open one any more."""
    run = lock_run(run_id, skip_locked=True, states=_SETTLING)
    if run is None or Entry.objects.live().filter(run=run).exists():
        return False
    move(run, RunState.SETTLED, table=RUN_MOVES, settled_at=now)
    figures = _figures(run)
    audit(actor=None, action="run.settle", target=run, **{key: str(value) for key, value in figures.items()})
    record(
        [
            Event(
                kind=EventKind.CAMPAIGN_RUN_SETTLED,
                key=f"run:{run.pk}:settled",
                occurred_at=now,
                team=run.campaign.team,
                subject=f"campaigns.run:{run.pk}",
                value=figures["cost"],
                data={key: figures[key] for key in ("entries", "won", "grants", "unfunded", "held")},
            )
        ]
    )
    _tell(run, figures)
    return True


def say_waiting(run: Run, *, left: int) -> None:
    """Tell people once that some entries have time of their own, or need a person, before the run can settle."""
    tell(
        run,
        key=f"run:{run.pk}:settling",
        text=_(
            "《%(title)s》第 %(number)d 期还有 %(left)d 单没了结（待付款、待审核或争议中），了结后自动结算。"
        )
        % {"title": run.campaign.title, "number": run.number, "left": left},
    )


def _figures(run: Run) -> dict[str, int | Decimal]:
    entries = Entry.objects.filter(run=run).aggregate(
        entries=Count("pk"), won=Count("pk", filter=Q(state=EntryState.WON))
    )
    grants = Grant.objects.filter(run=run).aggregate(
        grants=Count("pk", filter=Q(state__in=COSTED_GRANT_STATES)),
        cost=Sum("cost", filter=Q(state__in=COSTED_GRANT_STATES), default=Decimal(0)),
        unfunded=Count("pk", filter=Q(state=GrantState.UNFUNDED)),
        held=Count("pk", filter=Q(state=GrantState.HELD)),
    )
    return {**entries, **grants}


def _tell(run: Run, figures: dict[str, int | Decimal]) -> None:
    sentences = [
        _(
            "《%(title)s》第 %(number)d 期已结算：参与 %(entries)d，成功 %(won)d，礼品 %(grants)d 份共 %(cost)s 元。"
        )
        % {"title": run.campaign.title, "number": run.number, **figures}
    ]
    if figures["unfunded"]:
        sentences.append(
            _("%(unfunded)d 份因预算或库存不足待补：追加后在礼品发放里补发。")
            % {"unfunded": figures["unfunded"]}
        )
    if figures["held"]:
        sentences.append(_("%(held)d 份有疑点暂扣，待复核。") % {"held": figures["held"]})
    lacks = bool(figures["unfunded"] or figures["held"])
    tell(
        run,
        key=f"run:{run.pk}:settled",
        text="".join(sentences),
        level=NoticeLevel.WARNING if lacks else NoticeLevel.INFO,
    )
