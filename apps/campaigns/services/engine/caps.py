"""The campaign's own caps per member, beside the mechanic's (C2): what took effect counts, what nobody paid does not."""

from collections.abc import Iterator
from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from apps.campaigns.enums import EntryState, PartState
from apps.campaigns.mechanics.base import AddPart, ChangeEntry, ChangePart, Decision, Part, Quota
from apps.campaigns.models import Contribution
from apps.campaigns.services.engine.scene import Scene

_IN_VAIN = frozenset({EntryState.FAILED, EntryState.CANCELLED})


def with_caps(decision: Decision, scene: Scene) -> Decision:
    """``decision`` with what it uses of the caps, and what it gives back."""
    caps = (*_used(decision, scene), *_given_back(decision, scene))
    return replace(decision, effects=(*caps, *decision.effects)) if caps else decision


def _used(decision: Decision, scene: Scene) -> Iterator[Quota]:
    member_id = scene.action.actor.member_id
    if member_id is None:
        return
    if scene.entry is None:
        if scene.plan.entries_per_member:
            yield _entry_cap(scene, member_id)
    elif scene.plan.contributions_per_member and any(
        part.member_id == member_id and part.is_seat for part in decision.of(AddPart)
    ):
        # A seat in somebody's entry; what the owner buys in the own one is none.
        yield _contribution_cap(scene, member_id)


def _given_back(decision: Decision, scene: Scene) -> Iterator[Quota]:
    """Whose order lapsed, was cancelled or left unpaid has not taken part; an entry that ends with nothing but such
    orders was not opened."""
    if scene.entry is None or not (scene.plan.entries_per_member or scene.plan.contributions_per_member):
        return
    dropped = _dropped(decision, scene)
    state = scene.entry.state
    if scene.plan.contributions_per_member:
        for part in dropped.values():
            if part.is_seat and part.at > state.opened_at:  # the opener's first seat came with the entry
                yield _contribution_cap(scene, part.member_id, -1)
    is_over = any(change.state in _IN_VAIN and not change.entry for change in decision.of(ChangeEntry))
    if scene.plan.entries_per_member and is_over and dropped and all(p.id in dropped for p in state.parts):
        yield _entry_cap(scene, _opener_of(state.id), -1)


def _dropped(decision: Decision, scene: Scene) -> dict[int, Part]:
    """Parts of the entry that the decision voids before their orders were paid, by id."""
    assert scene.entry is not None
    voided = {change.part_id for change in decision.of(ChangePart) if change.state == PartState.VOID}
    known = [*scene.entry.state.parts, *scene.entry.state.mine]
    return {
        part.id: part
        for part in known
        if part.id in voided
        and part.state == PartState.PENDING
        and part.order_id is not None
        and not part.is_paid
    }


def _opener_of(entry_id: int) -> int:
    """Its first contribution was the opener's; the owner may be another by now."""
    return (
        Contribution.objects.filter(entry_id=entry_id).order_by("pk").values_list("member_id", flat=True)[0]
    )


def _entry_cap(scene: Scene, member_id: int, amount: int = 1) -> Quota:
    return Quota(
        member_id,
        "entry",
        scene.plan.entries_per_member,
        amount=amount,
        code="entry_limit",
        message=_("你在本期的发起次数用完了。"),
    )


def _contribution_cap(scene: Scene, member_id: int, amount: int = 1) -> Quota:
    return Quota(
        member_id,
        "contribute",
        scene.plan.contributions_per_member,
        amount=amount,
        code="contribution_limit",
        message=_("你在本期的参与次数用完了。"),
    )
