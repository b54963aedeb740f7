"""The events of a verb: every figure of a campaign derives from them (A1)."""

from decimal import Decimal
from typing import Any

from apps.campaigns.enums import EntryState, PartState
from apps.campaigns.mechanics.base import AddPart, Part, State
from apps.campaigns.services.engine.outcome import Came
from apps.campaigns.services.engine.scene import Scene
from apps.events.enums import EventKind
from apps.events.models import Event
from apps.events.services.recording import record

_ENDS: dict[str, EventKind] = {
    EntryState.WON: EventKind.CAMPAIGN_SUCCEEDED,
    EntryState.FAILED: EventKind.CAMPAIGN_FAILED,
    EntryState.CANCELLED: EventKind.CAMPAIGN_FAILED,
}


class Facts:
    """Collects the events of one verb and writes them at its end."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.events: list[Event] = []

    def entered(self, state: State) -> None:
        self._add(EventKind.CAMPAIGN_ENTERED, f"entry:{state.id}", state, state.owner_id, "entered")

    def part_added(self, state: State, part: AddPart, part_id: int) -> None:
        """A counted contribution is a fact; a pending one becomes one when it is confirmed."""
        if part.state == PartState.COUNTED:
            is_new = self._is_new(part.member_id)
            self._contributed(state, part_id, part.member_id, part.kind, part.value, is_new=is_new)

    def part_moved(self, state: State, part: Part, to: str, reason: str) -> None:
        if to == PartState.COUNTED:
            self._contributed(state, part.id, part.member_id, part.kind, part.value, is_new=part.is_new)
        elif to == PartState.VOID and part.state == PartState.COUNTED:
            subject = f"part:{part.id}"
            extra = {"reason": reason, "kind": part.kind, "is_new": part.is_new}
            self._add(EventKind.CAMPAIGN_VOIDED, subject, state, part.member_id, "voided", -part.value, extra)

    def entry_moved(self, before: State, to: str, reason: str) -> None:
        kind = _ENDS.get(to)
        if kind is not None and before.state != to:
            self._add(kind, f"entry:{before.id}", before, before.owner_id, to, None, {"reason": reason})

    def record(self) -> None:
        if self.events:
            record(self.events)

    def _contributed(
        self, state: State, part_id: int, member_id: int, kind: str, value: Decimal, *, is_new: bool
    ) -> None:
        extra = {"kind": kind, "is_new": is_new}
        self._add(
            EventKind.CAMPAIGN_CONTRIBUTED, f"part:{part_id}", state, member_id, "counted", value, extra
        )

    def _is_new(self, member_id: int) -> bool:
        actor = self.scene.action.actor
        return actor.member_id == member_id and actor.is_new

    def _add(
        self,
        kind: EventKind,
        subject: str,
        state: State,
        member_id: int,
        word: str,
        value: Decimal | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        plan = self.scene.plan
        # Only what the acting member did themselves is owed to the link that they came by.
        came = self.scene.origin.came if self.scene.action.actor.member_id == member_id else Came()
        words = came.words()
        if kind != EventKind.CAMPAIGN_ENTERED:
            words.pop("inviter", None)  # the entry's owner brought who contributes to it
        self.events.append(
            Event(
                occurred_at=self.scene.now,
                kind=kind,
                key=f"{subject}:{word}",
                team_id=plan.team_id,
                actor=self.scene.staff,
                group_id=came.group_id,
                member_id=member_id,
                subject=subject,
                value=value,
                data={
                    "campaign": plan.campaign_id,
                    "run": plan.run_id,
                    "mechanic": plan.mechanic.key,
                    "entry": state.id,
                    "owner": state.owner_id,
                    **words,
                    **(extra or {}),
                },
            )
        )
