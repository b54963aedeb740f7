"""The weakest link of a chain, with its size and how sure that is. Pure.

The question is a counterfactual: **if this step alone had gone as well as it usually goes** (the median of comparable
ones), and everybody it brings had gone on as the others did, how many more would have arrived at the end, and what
would they have been worth? The link with the largest answer is the weakest.

What is not known is drawn: the step's own rate from what few cases allow (Beta for shares, Gamma for so-many-per-one),
the median of the comparable ones from resampling them (bootstrap). The interval holds 90 % of the draws; the
confidence is the share of draws in which this link has the largest gain of all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

#: Fewer comparable ones have no median worth the name.
FEWEST_PEERS = 3
#: A step that fewer went into says nothing.
FEWEST_CASES = 30
_DRAWS = 4_000


@dataclass(frozen=True)
class Link:
    """One step: ``above`` of ``below`` got through (a share), or ``above`` came from ``below`` (``is_share`` False).

    ``peers`` are (above, below) of comparable ones.
    """

    key: str
    label: str
    above: float
    below: float
    peers: tuple[tuple[float, float], ...] = ()
    is_share: bool = True

    @property
    def rate(self) -> float | None:
        return self.above / self.below if self.below > 0 else None

    @property
    def usable_peers(self) -> list[float]:
        rates = [above / below for above, below in self.peers if below >= 5]
        return [min(rate, 1.0) for rate in rates] if self.is_share else rates


@dataclass(frozen=True)
class Chain:
    """Links one after another; ``worth`` is what one at the end is worth in yuan, 0 for not known."""

    key: str
    label: str
    end: str
    links: tuple[Link, ...]
    worth: float = 0.0


@dataclass(frozen=True)
class Weighed:
    """A link with what it costs us. ``members`` more at the end and ``money`` more yuan if it were at ``usual``, each
    with its 90 % interval; ``sure`` that it is below the
    usual at all, ``confidence`` that its loss is the largest of all links; ``doubt`` says why not ``is_clear``."""

    key: str
    label: str
    chain: str
    end: str
    rate: float | None
    usual: float | None
    above: float
    below: float
    is_share: bool
    members: float = 0.0
    members_low: float = 0.0
    members_high: float = 0.0
    money: float = 0.0
    money_low: float = 0.0
    money_high: float = 0.0
    sure: float = 0.0
    confidence: float = 0.0
    is_clear: bool = False
    doubt: str = ""


def weigh(chains: Sequence[Chain], *, seed: int = 0) -> list[Weighed]:
    """Every link once, the one with the largest gain first. A link that is in several chains gains in all of them,
    and is told with the end of the first. The same input gives the same answer."""
    rng = np.random.default_rng(seed)
    rates: dict[str, np.ndarray] = {}
    usual: dict[str, np.ndarray] = {}
    for link in _distinct(chains):
        rates[link.key] = _own_draws(link, rng)
        usual[link.key] = _usual_draws(link, rng)
    in_money = all(chain.worth > 0 for chain in chains)
    members: dict[str, np.ndarray] = {}
    money: dict[str, np.ndarray] = {}
    # The first of each row is the figures as they stand, the rest are the draws.
    stand = {link.key: np.r_[_stands(link), rates[link.key]] for link in _distinct(chains)}
    goes = {link.key: np.r_[_goes(link), usual[link.key]] for link in _distinct(chains)}
    for chain in chains:
        for link in chain.links:
            gain = _gain(chain, link, stand, goes)
            members.setdefault(link.key, gain)
            money[link.key] = money.get(link.key, 0.0) + gain * chain.worth
    return _told(chains, members, money, in_money=in_money)


def weakest(weighed: Sequence[Weighed]) -> Weighed | None:
    """The first that is clear; None when it cannot be told, or nothing is weak."""
    return next((link for link in weighed if link.is_clear), None)


def _distinct(chains: Sequence[Chain]) -> list[Link]:
    return list({link.key: link for chain in reversed(chains) for link in reversed(chain.links)}.values())[
        ::-1
    ]


def _stands(link: Link) -> float:
    rate = link.rate or 0.0
    return min(rate, 1.0) if link.is_share else rate


def _goes(link: Link) -> float:
    peers = link.usable_peers
    return float(np.median(peers)) if len(peers) >= FEWEST_PEERS else np.nan


def _own_draws(link: Link, rng: np.random.Generator) -> np.ndarray:
    if link.below <= 0:
        return np.zeros(_DRAWS)
    if link.is_share:
        above = min(link.above, link.below)
        return rng.beta(above + 0.5, link.below - above + 0.5, _DRAWS)
    return rng.gamma(link.above + 0.5, 1 / link.below, _DRAWS)


def _usual_draws(link: Link, rng: np.random.Generator) -> np.ndarray:
    peers = np.array(link.usable_peers)
    if len(peers) < FEWEST_PEERS:
        return np.full(_DRAWS, np.nan)
    return np.median(peers[rng.integers(0, len(peers), (_DRAWS, len(peers)))], axis=1)


def _gain(
    chain: Chain, changed: Link, rates: dict[str, np.ndarray], usual: dict[str, np.ndarray]
) -> np.ndarray:
    """So many more at the end of ``chain`` with ``changed`` at its usual rate."""
    if changed.below <= 0:
        return np.zeros(_DRAWS + 1)
    more = np.nan_to_num(usual[changed.key] - rates[changed.key]) * changed.below
    later = chain.links[chain.links.index(changed) + 1 :]
    for link in later:
        # A step that nobody came to: those who would have come go on as elsewhere.
        more = more * (rates[link.key] if link.below > 0 else np.nan_to_num(usual[link.key]))
    return more


def _told(
    chains: Sequence[Chain],
    members: dict[str, np.ndarray],
    money: dict[str, np.ndarray],
    *,
    in_money: bool,
) -> list[Weighed]:
    gains = money if in_money else members
    links = _distinct(chains)
    known = [link.key for link in links if not _lacking(link)]
    largest: dict[str, float] = {}
    if known:
        table = np.stack([gains[key][1:] for key in known])
        best = table.argmax(axis=0)
        is_loss = table.max(axis=0) > 0
        largest = {key: float(np.mean((best == row) & is_loss)) for row, key in enumerate(known)}
    homes = {link.key: chain for chain in reversed(chains) for link in chain.links}
    told = [_weighed(link, homes[link.key], members, money, largest) for link in links]
    return sorted(told, key=lambda one: -(one.money if in_money else one.members))


def _weighed(
    link: Link,
    chain: Chain,
    members: dict[str, np.ndarray],
    money: dict[str, np.ndarray],
    largest: dict[str, float],
) -> Weighed:
    doubt = _lacking(link)
    peers = link.usable_peers
    middle, (low, high) = _interval(members[link.key])
    worth, (cheap, dear) = _interval(money[link.key])
    if not doubt and middle <= 0:
        doubt = "better"
    elif not doubt and low <= 0:
        doubt = "chance"
    is_known = doubt not in {"peers", "cases"}
    return Weighed(
        link.key,
        link.label,
        chain.label,
        chain.end,
        link.rate,
        float(np.median(peers)) if len(peers) >= FEWEST_PEERS else None,
        link.above,
        link.below,
        link.is_share,
        *((middle, low, high, worth, cheap, dear) if is_known else (0.0,) * 6),
        sure=float(np.mean(members[link.key][1:] > 0)) if is_known else 0.0,
        confidence=largest.get(link.key, 0.0),
        is_clear=not doubt,
        doubt=doubt,
    )


def _interval(gains: np.ndarray) -> tuple[float, tuple[float, float]]:
    low, high = np.quantile(gains[1:], [0.05, 0.95])
    return float(gains[0]), (float(low), float(high))


def _lacking(link: Link) -> str:
    """Why nothing can be said: too few comparable ones, or too few cases."""
    if len(link.usable_peers) < FEWEST_PEERS:
        return "peers"
    return "cases" if link.below < FEWEST_CASES else ""
