"""What a mechanic is."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from apps.campaigns.enums import EntryState, PartState
from apps.campaigns.mechanics.base.effects import ChangeEntry, ChangePart, Decision
from apps.campaigns.mechanics.base.facts import Part, State, Turn
from apps.campaigns.mechanics.base.forecast import Result, Shape
from apps.campaigns.mechanics.base.pages import Costs, Figure, Offer, Page, Totals, Voice
from apps.campaigns.mechanics.base.refusal import Refused
from apps.campaigns.mechanics.base.rules import Rules, Text
from apps.campaigns.mechanics.base.verbs import RankPrize, ScoreSource, Slot, Verb, Who

#: Verbs that the engine itself calls on every mechanic.
SYSTEM_VERBS = ("expire", "paid", "lapsed", "voided", "refunded")


class Mechanic[R: Rules](ABC):
    """One way to play 玩法. Stateless and pure: a decision depends on its ``Turn`` alone (C12).

    A verb ``help`` is decided by the method ``on_help``. Subclasses live one to a file and export an instance as
    ``MECHANIC``; nothing else in the house names them.
    """

    key: ClassVar[str]
    label: ClassVar[Text]  # 拼团
    mark: ClassVar[str]  # 拼
    icon: ClassVar[str]  # Material Symbols name
    purpose: ClassVar[Text]  # what it is for, one sentence
    typical: ClassVar[tuple[Text, ...]]  # typical figures, for the card
    compliance: ClassVar[Text]  # what the law and the platforms say
    entry_word: ClassVar[Text]  # 团, 助力单, 砍价单 …
    part_word: ClassVar[Text]  # 参团, 助力, 砍一刀 …
    rules_type: type[R]
    verbs: ClassVar[tuple[Verb, ...]]
    #: Does the run's stock count something? Its word for the form (份, 件), or "" if stock is not used.
    stock_word: ClassVar[Text] = ""
    #: Ranked mechanics close into a review period before prizes.
    is_ranked: ClassVar[bool] = False
    #: May strangers find a run's open entries (join a nearly full team, browse what is swapped)? Otherwise an entry
    #: is reached only by the link that its owner hands out.
    is_browsable: ClassVar[bool] = False

    #: Entries whose data contain this wait for no person: another entry stands for them (the other side of an
    #: exchange).
    decided_elsewhere: ClassVar[Mapping[str, Any]] = {}

    def verb(self, key: str) -> Verb:
        """The verb, or ``Refused`` with code ``unknown_verb``."""
        for verb in self.verbs:
            if verb.key == key:
                return verb
        raise Refused(_("没有这个操作。"), hint=_("刷新页面再试。"), code="unknown_verb")

    @property
    def opening(self) -> Verb:
        """The verb that opens an entry; every mechanic has exactly one."""
        return next(verb for verb in self.verbs if verb.opens)

    def decide(self, turn: Turn[R]) -> Decision:
        """The decision for ``turn``. Raises ``Refused``. Same turn, same decision (C12)."""
        method: Callable[[Turn[R]], Decision] = getattr(self, f"on_{turn.action.verb}")
        return method(turn)

    # --- what the engine calls; every mechanic may override -------------------------------------

    def on_expire(self, turn: Turn[R]) -> Decision:
        """The entry's own time, or the run's window (``turn.run.is_closing``), is over. Live parts are loaded."""
        return Decision((ChangeEntry(state=EntryState.FAILED, reason="expired"),))

    def on_paid(self, turn: Turn[R]) -> Decision:
        """The order of ``turn.action.part`` was paid in time. Live parts are loaded."""
        raise NotImplementedError(f"{self.key} has orders but does not say what a payment does")

    def on_lapsed(self, turn: Turn[R]) -> Decision:
        """The order of ``turn.action.part`` was not paid in time, or was cancelled. Live parts are loaded."""
        raise NotImplementedError(f"{self.key} has orders but does not say what a lapse does")

    def on_voided(self, turn: Turn[R]) -> Decision:
        """Staff, risk or a leaver voids ``turn.action.part``; counts and score follow by themselves. Live parts
        are loaded."""
        part = turn.action.part
        assert part is not None
        return Decision((ChangePart(part.id, state=PartState.VOID),))

    def on_refunded(self, turn: Turn[R]) -> Decision:
        """All of the order that paid for this entry beside another (``paid_by``) went back by hand. Live parts are
        loaded; there is nothing left to refund."""
        return Decision(())

    # --- what is promised --------------------------------------------------------------------------

    @abstractmethod
    def slots(self, rules: R) -> list[Slot]:
        """Places for benefits under these rules."""

    def prizes(self, rules: R) -> list[RankPrize]:
        """Prizes by rank at settlement; only for ranked mechanics."""
        return []

    def score_source(self, rules: R) -> ScoreSource | None:
        """Where scores come from beside verbs."""
        return None

    def floor_score(self, rules: R) -> Decimal:
        """A ranked entry below it gets no prize."""
        return Decimal(0)

    def voids_leavers(self, rules: R) -> bool:
        """Is a contribution void when its member leaves the campaign's groups before settlement?"""
        return False

    def review_hours(self, rules: R) -> int:
        """How long a closed run waits before it settles, so that people may object."""
        return 0

    def also_locks(self, action_verb: str, part: Part | None, params: Mapping[str, Any]) -> list[str]:
        """Codes of further entries of this run that the verb reads or changes; locked with the entry, in order."""
        return []

    def linked(self, data: Mapping[str, Any]) -> list[str]:
        """Codes of entries that every verb on an entry with this ``data`` locks too (both sides of an exchange).

        Asked of the data as it is before the lock; a decision refuses as ``busy`` when it is no longer so.
        """
        return []

    def paid_by(self, data: Mapping[str, Any]) -> int | None:
        """The contribution whose order paid for an entry with this ``data``, where one order pays for several
        (``OpenAnother``): all of them are told when all of its money went back."""
        return None

    # --- what is shown -----------------------------------------------------------------------------

    @abstractmethod
    def page(self, turn: Turn[R]) -> Page:
        """What ``turn.action.actor`` sees (the verb is ``look``). ``turn.state`` is ``None`` before one's own
        entry; otherwise its ``parts`` are loaded up to a page's worth."""

    def offer(self, rules: R) -> Offer | None:
        """The price that a landing page shows; ``None`` where nothing is paid."""
        return None

    @abstractmethod
    def costs(self, rules: R, prices: Mapping[str, Decimal]) -> Costs:
        """What one entry costs, given the cost of each slot's benefits."""

    def forecast_shape(self, rules: R) -> Shape:
        """What a forecast plays with. By default one contribution makes an entry a success, which gives each slot
        that must be filled once."""
        given = {slot.key: 1 for slot in self.slots(rules) if slot.is_required}

        def result(count: int, has_paid: bool) -> Result:
            return Result(given, won=1) if count else Result()

        return Shape(seats=1, result=result)

    def figures(self, rules: R, totals: Totals) -> list[Figure]:
        """Mechanic's own figures for the monitor, after the common ones."""
        return []

    def voices(self, owner_id: int, data: Mapping[str, Any]) -> list[Voice]:
        """The sides of a dispute over an entry with this ``data``, for the person who decides it."""
        return []

    def others_may(self, state: State) -> list[Verb]:
        """Verbs that members other than the owner are offered in ``state``."""
        return [verb for verb in self.verbs if verb.who in (Who.OTHERS, Who.ANYONE) and not verb.opens]
