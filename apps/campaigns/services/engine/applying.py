"""Carrying a decision out: always in the same order, whatever order its effects come in.

quotas → claims → orders → contributions → entries → stock → grants → points → refunds → events.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from apps.campaigns.enums import ENTRY_MOVES, PART_MOVES, EntryState, PartState
from apps.campaigns.mechanics.base import (
    AddPart,
    CancelOrder,
    ChangeEntry,
    ChangePart,
    Claim,
    Decision,
    Give,
    MovePoints,
    OpenAnother,
    Part,
    Quota,
    Refund,
    Refused,
    State,
    Stock,
    TakeBack,
    Unclaim,
)
from apps.campaigns.services.engine import writing
from apps.campaigns.services.engine.caps import with_caps
from apps.campaigns.services.engine.facts import Facts
from apps.campaigns.services.engine.outcome import Came, Outcome
from apps.campaigns.services.engine.rows import part_of_run
from apps.campaigns.services.engine.scene import Scene
from apps.campaigns.services.granting.giving import give_all, take_back
from apps.campaigns.services.granting.kinds import LEDGERS
from apps.campaigns.services.granting.taking import lock_for_giving
from apps.campaigns.services.risk.holding import is_suspicious
from apps.core.errors import Invalid
from apps.members.models import Member
from apps.members.services.points import move_points
from apps.orders.models import Order
from apps.orders.services.orders import cancel_order, create_order
from apps.orders.services.refunds import request_refund


@dataclass
class _Tally:
    """How the entry's sums change."""

    count: int = 0
    pending: int = 0
    score: Decimal = field(default_factory=lambda: Decimal(0))

    @property
    def is_any(self) -> bool:
        return bool(self.count or self.pending or self.score)

    def move(self, *, is_seat: bool, value: Decimal, old: str | None, new: str) -> None:
        for state, sign in ((old, -1), (new, 1)):
            if state == PartState.COUNTED:
                self.count += sign * is_seat
                self.score += sign * value
            elif state == PartState.PENDING:
                self.pending += sign * is_seat


def carry_out(decision: Decision, scene: Scene) -> Outcome:
    """Write everything that ``decision`` asks for, or nothing: what does not fit raises ``Refused`` and the caller's
    transaction is undone. Returns the entry with the mechanic's answer and its new state."""
    facts, decision = Facts(scene), with_caps(decision, scene)
    state = scene.entry.state if scene.entry else writing.insert_entry(scene, decision)
    if scene.entry is None:
        facts.entered(state)
    _use_quotas(decision, scene)
    _claim(decision, scene, state)
    tallies = _write_parts(decision, scene, state, facts)
    after = _write_entries(decision, scene, state, tallies, facts)
    _move_stock(decision, scene)
    _give(decision, scene, state, facts)
    _move_points(decision.of(MovePoints), scene)
    _settle_orders(decision, scene, state)
    facts.record()
    answer = {
        **decision.answer,
        "state": str(after.state),
        "count": after.count,
        "score": str(after.score),
    }
    return Outcome(state.id, state.code, answer)


def _use_quotas(decision: Decision, scene: Scene) -> None:
    for quota in sorted(decision.of(Quota), key=lambda one: (one.member_id, one.scope)):
        if not writing.use_quota(scene.run.id, quota):
            raise Refused(
                quota.message or _("次数用完了。"), hint=_("看看活动说明里的次数限制。"), code=quota.code
            )


def _claim(decision: Decision, scene: Scene, state: State) -> None:
    for given_up in decision.of(Unclaim):
        writing.unclaim(scene.run.id, given_up.key)
    for wanted in sorted(decision.of(Claim), key=lambda one: one.key):
        if not writing.claim(scene.run.id, wanted.key, state.id):
            raise Refused(wanted.message or _("已经被别人抢先一步。"), hint=_("看看其他的。"), code="taken")


def _write_parts(decision: Decision, scene: Scene, state: State, facts: Facts) -> dict[str, _Tally]:
    """Returns how the sums change, by the code of the entry: a part of another locked entry may change too."""
    tallies = {one.code: _Tally() for one in (state, *_other_states(scene))}
    known = _known_parts(scene)
    owners = {part.id: one for one in _other_states(scene) for part in (*one.mine, *one.parts)}
    reason = str(scene.action.params.get("reason", "")) or scene.action.verb
    for change in decision.of(ChangePart):
        part, holder = known[change.part_id], owners.get(change.part_id, state)
        tally = tallies[holder.code]
        new = change.state or part.state
        if new != part.state and new not in PART_MOVES.get(part.state, frozenset()):
            raise ValueError(f"{scene.plan.mechanic.key} moves a part from {part.state} to {new}")
        value = part.value if change.value is None else change.value
        writing.change_part(change, state=new, value=value, now=scene.now, reason=reason)
        if change.value is not None and change.value != part.value:
            tally.move(is_seat=False, value=value - part.value, old=None, new=part.state)
        tally.move(is_seat=part.is_seat, value=value, old=part.state, new=new)
        if new != part.state:
            facts.part_moved(holder, part, new, reason)
    for added in decision.of(AddPart):
        order_id = _create_order(added, scene) if added.order else None
        part_id = writing.insert_part(scene, state.id, added, order_id)
        if part_id is None:
            raise Refused(_("你已经参与过了。"), hint=_("每人一次，刷新页面看看进展。"), code="already")
        tallies[state.code].move(is_seat=added.is_seat, value=added.value, old=None, new=added.state)
        facts.part_added(state, added, part_id)
    return tallies


def _other_states(scene: Scene) -> list[State]:
    return [row.state for row in scene.others.values()]


def _known_parts(scene: Scene) -> dict[int, Part]:
    states = [*_other_states(scene), *([scene.entry.state] if scene.entry else [])]
    found = {part.id: part for one in states for part in (*one.mine, *one.parts)}
    if scene.action.part:
        found.setdefault(scene.action.part.id, scene.action.part)
    return found


def _create_order(added: AddPart, scene: Scene) -> int:
    spec = added.order
    assert spec is not None
    # Of the person who acts: an order for somebody else came by nobody's link.
    came = scene.origin.came if scene.action.actor.member_id == added.member_id else Came()
    order = create_order(
        member=Member(pk=added.member_id),
        title=spec.title or scene.plan.product_name or scene.plan.title,
        unit_price=(spec.amount / spec.quantity).quantize(Decimal("0.01")),
        quantity=spec.quantity,
        amount=spec.amount,
        purpose="campaign",
        purpose_ref=writing.order_reference(),
        pay_before=spec.pay_before,
        team=None if scene.plan.team_id is None else writing.team(scene.plan.team_id),
        group_id=came.group_id,
        facts={"campaign": scene.plan.campaign_id, "run": scene.run.id, **came.words()},
        now=scene.now,
    )
    return order.pk


def _write_entries(
    decision: Decision, scene: Scene, state: State, tallies: dict[str, _Tally], facts: Facts
) -> State:
    after = state
    own = [change for change in decision.of(ChangeEntry) if not change.entry]
    for other in _other_states(scene):
        changes = [change for change in decision.of(ChangeEntry) if change.entry == other.code]
        for change in changes:
            _check_move(scene, other, change)
        if changes or tallies[other.code].is_any:
            moved = writing.update_entry(scene, other, tallies[other.code], changes)
            facts.entry_moved(other, moved.state, changes[-1].reason if changes else "")
    if scene.entry is None:
        own = own[1:]  # the first one made the new row
    tally = tallies[state.code]
    if own or tally.is_any:
        for change in own:
            _check_move(scene, state, change)
        after = writing.update_entry(scene, state, tally, own)
    facts.entry_moved(state, after.state, own[-1].reason if own else "")
    for another in decision.of(OpenAnother):
        facts.entered(writing.insert_another(scene, state, another))
    return after


def _check_move(scene: Scene, state: State, change: ChangeEntry) -> None:
    if change.state is None or change.state == state.state or scene.entry is None:
        return
    if change.state not in ENTRY_MOVES.get(EntryState(state.state), frozenset()):
        raise ValueError(f"{scene.plan.mechanic.key} moves an entry from {state.state} to {change.state}")


def _move_stock(decision: Decision, scene: Scene) -> None:
    effects = decision.of(Stock)
    reserved, sold = sum(one.reserved for one in effects), sum(one.sold for one in effects)
    if (reserved or sold) and not writing.move_stock(scene.run.id, reserved, sold):
        raise Refused(
            _("已经抢光了。"), hint=_("有人放弃名额时会重新放出来，可以稍后再来。"), code="sold_out"
        )


def _give(decision: Decision, scene: Scene, state: State, facts: Facts) -> None:
    gives = [give for give in decision.of(Give) if scene.plan.slots.get(give.slot)]
    taken, moves = decision.of(TakeBack), decision.of(MovePoints)
    if taken or (gives and moves):
        items = [(item, give.member_id) for give in gives for item in scene.plan.slots[give.slot]]
        lock_for_giving(
            run_id=scene.run.id,
            entry_id=state.id,
            give_keys=[effect.key for effect in taken],
            benefit_ids=[item.benefit_id for item, _member in items],
            member_ids=[member for item, member in items if item.kind in LEDGERS]
            + [move.member_id for move in moves],
        )
    for effect in taken:
        take_back(entry_id=state.id, give_key=effect.key, reason=effect.reason, now=scene.now)
    if gives:
        # What was just written counts as evidence, so suspicion is asked for only now (C13).
        is_held = is_suspicious(plan=scene.plan, entry_id=state.id, gives=gives, now=scene.now)
        give_all(
            run_id=scene.run.id,
            entry_id=state.id,
            gives=gives,
            plan=scene.plan,
            is_held=is_held,
            now=scene.now,
        )


def _move_points(moves: Iterable[MovePoints], scene: Scene) -> None:
    for effect in sorted(moves, key=lambda one: (one.member_id, one.key)):
        try:
            move_points(
                member_id=effect.member_id,
                delta=effect.delta,
                key=f"run:{scene.run.id}:{effect.key}",
                note=effect.note,
                now=scene.now,
                team_id=scene.plan.team_id,
                about={"campaign": scene.plan.campaign_id, "run": scene.run.id},
            )
        except Invalid as error:
            raise Refused(error.message, hint=error.hint, code=error.code) from error


def _settle_orders(decision: Decision, scene: Scene, state: State) -> None:
    known = _known_parts(scene)
    for cancel in decision.of(CancelOrder):
        order = _order_of(known[cancel.part_id])
        if order.state == "awaiting":
            cancel_order(order=order, now=scene.now, tells_owner=False)
    refunds: list[tuple[Order, Decimal, Refund]] = []
    for refund in decision.of(Refund):
        # One order may have paid for entries side by side: it belongs to the first of them.
        part = known.get(refund.part_id) or part_of_run(refund.part_id, scene.run.id)
        amount = part.order_kept if refund.amount is None else min(refund.amount, part.order_kept)
        if amount > 0:
            refunds.append((_order_of(part), amount, refund))
    for order, amount, refund in sorted(refunds, key=lambda item: item[0].pk):
        request_refund(
            order=order,
            amount=amount,
            reason=refund.reason,
            key=f"entry:{state.id}:{refund.key}",
            now=scene.now,
            actor=scene.staff,
        )


def _order_of(part: Part) -> Order:
    assert part.order_id is not None, "a part without an order cannot be refunded"
    return Order.objects.get(pk=part.order_id)
