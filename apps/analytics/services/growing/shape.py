"""The shape of referral trees, by arrays: a million members in a few seconds, whatever their depth. Pure.

Everything is an index into one array of members; ``parent[i] == i`` marks a root.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

type Ints = NDArray[np.int64]
type Bools = NDArray[np.bool_]

#: Shapes that somebody should look at.
STAR_FRIENDS, STAR_SHARE = 8, 0.8
BURST_FRIENDS, BURST_SECONDS = 5, 600
CHAIN_LENGTH = 3


@dataclass(frozen=True)
class Shape:
    """Per member, in the order of the input."""

    parent: Ints
    root: Ints
    depth: Ints
    height: Ints
    children: Ints
    effective_children: Ints
    size: Ints
    effective: Ints
    star: Ints
    burst: Ints
    device_chain: Ints
    circle: Ints


def shape_of(*, parent: Ints, joined: Ints, has_left: Bools, is_idle: Bools, device: Ints) -> Shape:
    """``parent``: index of the inviter or the member's own. ``joined``: seconds. ``device``: a number per device, 0 unknown.

    A circle of inviters is cut above its member with the lowest index, which becomes a root.
    """
    count = len(parent)
    parent, circle = _cut_circles(parent)
    root, depth = _climb(parent)
    has_parent = parent != np.arange(count)
    kids = np.flatnonzero(has_parent)
    here = (~has_left).astype(np.int64)
    children = np.bincount(parent[kids], minlength=count)
    effective_children = np.bincount(parent[kids], weights=here[kids], minlength=count).astype(np.int64)
    size, effective, height = _add_up(parent, depth, here)
    return Shape(
        parent=parent,
        root=root,
        depth=depth,
        height=height,
        children=children,
        effective_children=effective_children,
        size=size,
        effective=effective,
        star=_stars(parent, kids, children, is_idle & (children == 0)),
        burst=_bursts(parent, kids, joined, count),
        device_chain=_chains(parent, kids, device, depth),
        circle=circle,
    )


def _climb(parent: Ints) -> tuple[Ints, Ints]:
    """Everybody's last ancestor and the steps up to it, by doubling: as many rounds as the depth has binary digits."""
    up = parent.copy()
    steps = (parent != np.arange(len(parent))).astype(np.int64)
    for _round in range(len(parent).bit_length() + 1):
        further = up[up]
        if np.array_equal(further, up):
            break
        steps += steps[up]
        up = further
    return up, steps


def _cut_circles(parent: Ints) -> tuple[Ints, Ints]:
    """``parent`` without circles, and the length of the circle that each member is in (0 for none)."""
    count = len(parent)
    own = np.arange(count)
    up, least = parent.copy(), np.minimum(own, parent)
    for _round in range(int(count).bit_length() + 1):
        least = np.minimum(least, least[up])
        further = up[up]
        if np.array_equal(further, up):
            break  # every circle has been gone round, every line climbed
        up = further
    # Whoever never meets a root ends on a circle, and these ends are the whole circle.
    ends = np.unique(up[parent[up] != up])
    circle = np.zeros(count, dtype=np.int64)
    if len(ends):
        names, which = np.unique(least[ends], return_inverse=True)
        circle[ends] = np.bincount(which)[which]
        parent = parent.copy()
        parent[names] = names
    return parent, circle


def _add_up(parent: Ints, depth: Ints, here: Ints) -> tuple[Ints, Ints, Ints]:
    """From the deepest generation upwards: how many below, how many of them are still here, how many generations."""
    size, effective, height = (np.zeros(len(parent), dtype=np.int64) for _n in range(3))
    order = np.argsort(-depth, kind="stable")
    bounds = np.flatnonzero(np.diff(-depth[order])) + 1
    for level in np.split(order, bounds):
        if not len(level) or depth[level[0]] == 0:
            continue
        above = parent[level]
        np.add.at(size, above, size[level] + 1)
        np.add.at(effective, above, effective[level] + here[level])
        np.maximum.at(height, above, height[level] + 1)
    return size, effective, height


def _stars(parent: Ints, kids: Ints, children: Ints, is_idle_leaf: Bools) -> Ints:
    """Idle friends of whoever has many friends, nearly all of them idle."""
    idle = np.bincount(parent[kids], weights=is_idle_leaf[kids], minlength=len(parent)).astype(np.int64)
    return np.where((children >= STAR_FRIENDS) & (idle >= STAR_SHARE * children), idle, 0)


def _bursts(parent: Ints, kids: Ints, joined: Ints, count: int) -> Ints:
    """The most friends who joined within ten minutes of each other."""
    most = np.zeros(count, dtype=np.int64)
    kids = kids[joined[kids] > 0]
    if not len(kids):
        return most
    order = kids[np.lexsort((joined[kids], parent[kids]))]
    # One growing number per friend: friends of different people are further apart than any window.
    since = joined[order] - joined[order].min()
    line = parent[order] * (since.max() + BURST_SECONDS + 1) + since
    within = np.searchsorted(line, line + BURST_SECONDS, side="right") - np.arange(len(line))
    np.maximum.at(most, parent[order], within)
    return np.where(most >= BURST_FRIENDS, most, 0)


def _chains(parent: Ints, kids: Ints, device: Ints, depth: Ints) -> Ints:
    """How many in a line below one another share a device, said at the first of them."""
    same = np.arange(len(parent))
    linked = kids[(device[kids] != 0) & (device[kids] == device[parent[kids]])]
    same[linked] = parent[linked]
    first, steps = _climb(same)
    longest = np.zeros(len(parent), dtype=np.int64)
    np.maximum.at(longest, first, steps + 1)
    return np.where(longest >= CHAIN_LENGTH, longest, 0)
