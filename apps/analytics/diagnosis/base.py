"""What a diagnosis is made of: a case in figures, the links of its chains, and rules that judge it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise

from apps.analytics.diagnosis.weakest import Weighed

type Text = str | Promise


@dataclass(frozen=True)
class Case:
    """What happened to a subject in its period.

    ``counts`` are plain sums of its facts by name (``selectors.review_sums.NAMES``), ``before`` those of what it is
    compared with (its last review's period, run or month; empty for none), ``peers`` those of comparable ones.
    ``links`` are the weighed links of its chains by key.
    """

    kind: str
    days: int
    counts: Mapping[str, float]
    before: Mapping[str, float] = field(default_factory=dict)
    peers: tuple[Mapping[str, float], ...] = ()
    links: Mapping[str, Weighed] = field(default_factory=dict)

    def of(self, name: str) -> float:
        return self.counts.get(name, 0.0)

    def was(self, name: str) -> float:
        return self.before.get(name, 0.0)

    def share(self, part: str, whole: str) -> float | None:
        """None for nothing to divide by."""
        return quotient(self.of(part), self.of(whole))

    def share_before(self, part: str, whole: str) -> float | None:
        return quotient(self.was(part), self.was(whole))

    def usual(self, part: str, whole: str) -> float | None:
        """The median of the comparable ones; None for fewer than three."""
        found = sorted(
            value
            for peer in self.peers
            if (value := quotient(peer.get(part, 0), peer.get(whole, 0))) is not None
        )
        if len(found) < 3:
            return None
        half = len(found) // 2
        return found[half] if len(found) % 2 else (found[half - 1] + found[half]) / 2

    def is_weak(self, link: str) -> bool:
        """Whether a link of the chain is clearly below the comparable ones."""
        found = self.links.get(link)
        return found is not None and found.is_clear


def quotient(part: float, whole: float) -> float | None:
    return part / whole if whole else None


@dataclass(frozen=True)
class Hypothesis:
    """A guess with what speaks for it. ``strength`` from 0 to 1 orders them; ``evidence`` are sentences with figures,
    ``actions`` what one could do next, each good as a task."""

    key: str
    title: Text
    evidence: tuple[str, ...]
    actions: tuple[str, ...]
    strength: float


@dataclass(frozen=True)
class Rule:
    """``judge`` returns what it thinks of a case, or None when the figures do not speak for it."""

    key: str
    judge: Callable[[Case], Hypothesis | None]
