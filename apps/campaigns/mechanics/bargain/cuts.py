"""How much one cut takes off. Whole cents only, so that sums are exact (C4)."""

from random import Random

#: Fine enough that every cent of any price can be drawn, and exact in integers.
_BITS = 53


def draw_cut(*, left_cents: int, left_cuts: int, low: int, high: int, weight: int, rng: Random) -> int:
    """Cents that this cut takes, of ``left_cents`` to be taken by ``left_cuts`` cuts including this one.

    ``low`` ≤ cut ≤ ``high``, and what is left can still be taken by the others within the same bounds; the last
    one takes exactly the rest. A cut of ``weight`` w takes on average what w others take, as far as the bounds
    allow; with the same draw a heavier cut is never smaller.

    Promise C4, given ``low * left_cuts <= left_cents <= high * left_cuts``: every cut keeps that true for the next,
    and so does giving one back.
    """
    others = left_cuts - 1
    least = max(low, left_cents - high * others)
    most = min(high, left_cents - low * others)
    # Twice the fair share, so that a draw between the least and it is fair on average.
    top = min(most, max(least, 2 * left_cents * weight // (weight + others)))
    return least + (rng.getrandbits(_BITS) * (top - least + 1) >> _BITS)
