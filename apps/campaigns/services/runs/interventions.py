"""What staff do to a run: each audited, each under the run's own lock."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.campaigns.enums import RUN_ACTION_STATES, RUN_MOVES, RunAction, RunState
from apps.campaigns.models import Entry, Run, RunStock
from apps.campaigns.services.runs.access import check_may, held_run, stale
from apps.campaigns.services.runs.closing import end
from apps.campaigns.services.runs.planning import call_off
from apps.core.errors import Invalid, WrongState
from apps.core.models import move

_ENTRIES_AT_ONCE = 500
#: As the wizard has it: no period is longer than a year, so an end beyond one is a slip of the finger.
_LONGEST = timedelta(days=366)
#: What a row's integer holds.
_MOST_STOCK = 2**31 - 1


def actions_for(run: Run, actor: User) -> list[RunAction]:
    """What ``actor`` may do to ``run`` now, in the order of ``RunAction``."""
    if not actor.has_perm("campaigns.launch_campaign"):
        return []
    return [action for action in RunAction if run.state in RUN_ACTION_STATES[action]]


@transaction.atomic
def pause_run(*, run: Run, actor: User, now: datetime, reason: str = "") -> Run:
    """Members' verbs are refused until it is resumed. The clock does not stop: entries expire and the run ends
    at its time all the same."""
    held = _hold(run, RunAction.PAUSE, actor)
    move(held, RunState.PAUSED, table=RUN_MOVES)
    audit(actor=actor, action="run.pause", target=held, reason=reason)
    return held


@transaction.atomic
def resume_run(*, run: Run, actor: User, now: datetime, reason: str = "") -> Run:
    """Members may act again."""
    held = _hold(run, RunAction.RESUME, actor)
    if held.closes_at <= now:
        raise WrongState(_("本期的时间已经到了，不能恢复。"), hint=_("它会马上结束；需要的话再开一期。"))
    move(held, RunState.OPEN, table=RUN_MOVES)
    audit(actor=actor, action="run.resume", target=held, reason=reason)
    return held


@transaction.atomic
def end_run_early(*, run: Run, actor: User, now: datetime, reason: str = "") -> Run:
    """End a run now; what members have earned is settled as at its proper end. Waits for verbs under way."""
    held = _hold(run, RunAction.END, actor)
    planned = held.closes_at
    if now < planned:
        held.closes_at = now
        held.save(update_fields=["closes_at", "updated_at"])
    end(
        held,
        actor=actor,
        now=now,
        reason=reason or _("提前结束，原定 %(end)s") % {"end": planned.isoformat()},
    )
    return held


def extend_run(*, run: Run, closes_at: datetime, actor: User, now: datetime, reason: str = "") -> int:
    """Let a run end later. Live entries that would have ended with it end with it still; an entry whose own time
    ends sooner keeps it. Returns how many entries were carried along.

    Raises ``Invalid`` unless ``closes_at`` (aware) is later than now and than the end so far, and at most a year off.
    """
    before = _extend(run, closes_at, actor=actor, now=now, reason=reason)
    return _carry_entries(run.pk, before, closes_at)


@transaction.atomic
def _extend(run: Run, closes_at: datetime, *, actor: User, now: datetime, reason: str) -> datetime:
    held = _hold(run, RunAction.EXTEND, actor)
    before = held.closes_at
    if closes_at <= max(before, now):
        raise Invalid(
            _("新的结束时间要比原来的晚。"),
            hint=_("想早点结束，请用“提前结束”。"),
            field="closes_at",
            code="not_later",
        )
    if closes_at - max(now, held.opens_at) > _LONGEST:
        raise Invalid(
            _("新的结束时间太远了，最多延到一年之内。"),
            hint=_("请检查年份；要长期做，可以改成周期活动。"),
            field="closes_at",
            code="too_late",
        )
    held.closes_at, held.warned_at = closes_at, None
    held.save(update_fields=["closes_at", "warned_at", "updated_at"])
    audit(
        actor=actor,
        action="run.extend",
        target=held,
        reason=reason,
        before=before.isoformat(),
        after=closes_at.isoformat(),
    )
    return before


def _carry_entries(run_id: int, before: datetime, after: datetime) -> int:
    """In transactions of their own: whoever holds a run touches no entry. By ascending id, as verbs lock them."""
    carried = 0
    while True:
        with transaction.atomic():
            rows = Entry.objects.live().filter(run_id=run_id, expires_at=before).order_by("pk")
            ids = list(rows.select_for_update(no_key=True).values_list("pk", flat=True)[:_ENTRIES_AT_ONCE])
            if not ids:
                return carried
            carried += Entry.objects.filter(pk__in=ids).update(expires_at=after)


@transaction.atomic
def change_stock(*, run: Run, by: int, actor: User, now: datetime, reason: str = "") -> RunStock:
    """Add to a run's stock, or (negative) take from it what is neither reserved nor sold (C1)."""
    held = _hold(run, RunAction.STOCK, actor)
    if by == 0:
        raise Invalid(_("请填要加或减的数量。"), hint=_("加填正数，减填负数。"), field="by")
    rows = RunStock.objects.filter(run=held)
    fits = rows.filter(stock__gte=F("reserved") + F("sold") - by, stock__lte=_MOST_STOCK - by)
    changed = fits.update(stock=F("stock") + by)
    stock = RunStock.objects.get(run=held)
    if not changed:
        if stock.stock is None:
            raise WrongState(_("本期没有设库存，不用加。"), hint=_("库存留空就是不限。"))
        if by > 0:
            raise Invalid(
                _("库存最多 %(most)d 份。") % {"most": _MOST_STOCK},
                hint=_("最多可以加 %(most)d 份。") % {"most": _MOST_STOCK - stock.stock},
                field="by",
            )
        raise Invalid(
            _("库存不能少于已占用和已售出的 %(used)d 份。") % {"used": stock.reserved + stock.sold},
            hint=_("最多可以减 %(most)d 份。") % {"most": stock.stock - stock.reserved - stock.sold},
            field="by",
        )
    audit(actor=actor, action="run.stock", target=held, reason=reason, by=by, stock=stock.stock)
    return stock


@transaction.atomic
def set_budget(*, run: Run, budget: Decimal | None, actor: User, now: datetime, reason: str = "") -> RunStock:
    """Give a run another budget in yuan (``None``: no limit), never below what its gifts have cost (C3)."""
    held = _hold(run, RunAction.BUDGET, actor)
    if budget is not None and (budget < 0 or budget != budget.quantize(Decimal("0.01"))):
        raise Invalid(_("预算填得不对。"), hint=_("请填金额，最多两位小数，例如 5000.00。"), field="budget")
    before = RunStock.objects.select_for_update(no_key=True).get(run=held)
    fits = Q() if budget is None else Q(granted_cost__lte=budget)
    if not RunStock.objects.filter(fits, run=held).update(budget=budget):
        raise Invalid(
            _("已经发出的礼品成本是 %(cost)s 元，预算不能比它少。") % {"cost": before.granted_cost},
            hint=_("要停发，可以把预算设成 %(cost)s 元。") % {"cost": before.granted_cost},
            field="budget",
        )
    audit(
        actor=actor,
        action="run.budget",
        target=held,
        reason=reason,
        before="" if before.budget is None else str(before.budget),
        after="" if budget is None else str(budget),
    )
    before.refresh_from_db()
    return before


@transaction.atomic
def cancel_run(*, run: Run, actor: User, now: datetime, reason: str = "") -> Run:
    """Leave out a run that has not opened; the rhythm goes on with the next."""
    held = _hold(run, RunAction.CANCEL, actor)
    call_off(held, reason=reason, actor=actor, now=now)
    return held


def _hold(run: Run, action: RunAction, actor: User) -> Run:
    check_may(actor, run)
    if run.state not in RUN_ACTION_STATES[action]:
        run.refresh_from_db(fields=["state"])
        if run.state not in RUN_ACTION_STATES[action]:
            raise stale(run)
    return held_run(run, RUN_ACTION_STATES[action])
