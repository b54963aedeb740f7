"""What a rule may look at. Plain values, gathered set by set."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Habits:
    """A helper's past: entries of this owner helped (this one included), owners helped at all, and whether the
    helper ever opened an entry. ``left_hours``: how long after helping the last group was left; ``None`` while in
    one, or if never in any."""

    helped_owner: int = 0
    owners: int = 0
    has_opened: bool = False
    left_hours: float | None = None


@dataclass(frozen=True)
class PartFact:
    """A contribution. Digests are empty where the request did not say. ``on_device``: members who used its device in
    this run around then. ``habits`` is ``None`` where nobody has looked yet (while a verb is under way)."""

    id: int
    member_id: int
    at: datetime
    is_live: bool = True
    is_seat: bool = True
    is_new: bool = False
    ip_hash: str = ""
    device_hash: str = ""
    on_device: int = 0
    habits: Habits | None = None


@dataclass(frozen=True)
class Parcel:
    """A grant with an address, and how many members of the run have theirs sent there."""

    grant_id: int
    member_id: int
    members: int


@dataclass(frozen=True)
class EntryFacts:
    """An entry with its latest contributions, oldest first. ``ip_hash`` and ``device_hash`` are its opening's;
    ``open_score`` is what its open flags weighed when this was read."""

    entry_id: int
    run_id: int
    owner_id: int
    opened_at: datetime
    ip_hash: str = ""
    device_hash: str = ""
    parts: tuple[PartFact, ...] = ()
    parcels: tuple[Parcel, ...] = ()
    open_score: int = 0

    @property
    def helpers(self) -> tuple[PartFact, ...]:
        """Live contributions of others than the owner."""
        return tuple(part for part in self.parts if part.is_live and part.member_id != self.owner_id)

    @property
    def owner_devices(self) -> frozenset[str]:
        return self._of_owner("device_hash")

    @property
    def owner_addresses(self) -> frozenset[str]:
        return self._of_owner("ip_hash")

    def _of_owner(self, name: str) -> frozenset[str]:
        own = {getattr(part, name) for part in self.parts if part.member_id == self.owner_id}
        return frozenset((own | {getattr(self, name)}) - {""})
