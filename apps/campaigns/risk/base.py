"""What a risk rule is."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from apps.campaigns.mechanics.base.rules import Rules, Text, rule
from apps.campaigns.risk.facts import EntryFacts

__all__ = ["Finding", "RiskParams", "RiskRule", "rule", "score_rule"]


@dataclass(frozen=True)
class Finding:
    """What a rule found. ``key`` names it in its run: found again, it is the same finding. ``score`` is 1 to 100.

    ``evidence``: the figures, JSON without personal data; the rule's ``sentence`` tells them. ``part_id``: the
    contribution that is in doubt, ``None`` when it is the entry as a whole.
    """

    rule: str
    key: str
    score: int
    evidence: Mapping[str, Any]
    member_id: int
    part_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class RiskParams(Rules):
    """Thresholds of a rule, edited per campaign like a mechanic's rules."""

    is_on: bool = rule(_("启用"), default=True, why=_("关掉后本期不再按这条规则查。"))


def score_rule(label: Text, *, default: int, why: Text) -> Any:
    """A threshold that is a score."""
    return rule(label, default=default, unit=_("分"), minimum=1, maximum=100, why=why)


class RiskRule[P: RiskParams](ABC):
    """One kind of suspicion 风控规则. Stateless and pure; it accuses, a person decides (C13).

    Subclasses live one to a file and export an instance as ``RULE``; nothing else in the house names them.
    """

    key: ClassVar[str]
    label: ClassVar[Text]
    help: ClassVar[Text]  # what it looks for, and why the usual thresholds are what they are
    advice: ClassVar[Text]  # what to look at before deciding
    params_type: type[P]

    @abstractmethod
    def look(self, facts: EntryFacts, params: P) -> Iterable[Finding]:
        """Findings about one entry; nothing is remembered between calls."""

    @abstractmethod
    def sentence(self, evidence: Mapping[str, Any]) -> str:
        """The evidence as a sentence with its figures, in the reader's language."""

    def described(self) -> list[dict[str, Any]]:
        """The thresholds for a form, as ``Rules.described``."""
        return self.params_type.described()

    def about_part(
        self, facts: EntryFacts, part_id: int, member_id: int, score: int, **evidence: Any
    ) -> Finding:
        """A finding about one contribution."""
        return Finding(self.key, f"{self.key}:part:{part_id}", min(score, 100), evidence, member_id, part_id)

    def about_entry(self, facts: EntryFacts, score: int, **evidence: Any) -> Finding:
        """A finding about the entry as a whole."""
        key = f"{self.key}:entry:{facts.entry_id}"
        return Finding(self.key, key, min(score, 100), evidence, facts.owner_id)
