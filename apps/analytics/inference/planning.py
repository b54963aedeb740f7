"""How much it takes: visitors, or groups of people who are alike."""

from math import ceil
from statistics import NormalDist

from apps.analytics.inference.student import student_quantile
from apps.core.proportions import POWER, visitors_needed, z_of

#: Where our own figures say nothing: people of one group are a little alike.
USUAL_ICC = 0.05
#: With so many groups Student's law is the normal one.
_MANY = 1_000


def design_effect(size: float, icc: float, *, spread: float = 0.0) -> float:
    """By how much variance grows because people come in groups of ``size``: 1 + ((1 + cv²)·m − 1)·ICC (Eldridge 2006);
    ``spread`` is the coefficient of variation of group sizes."""
    if size < 1 or not 0 <= icc <= 1 or spread < 0:
        raise ValueError(f"groups of {size}, ICC {icc}, spread {spread}")
    return 1 + ((1 + spread * spread) * size - 1) * icc


def groups_needed(
    base: float, lift: float, *, size: float, icc: float = USUAL_ICC, spread: float = 0.0
) -> int:
    """Groups on both sides together that show a change of the share ``base`` by the part ``lift`` four times in five,
    with 95 %. Raises ``ValueError`` as :func:`visitors_needed`.

    Groups are few, and how they vary is read off them: by Student's law, not the normal one that holds for visitors,
    and one more on each side (Hayes and Moulton) for a test that can only deal out so many groups in so many ways.
    """
    groups = visitors_needed(base, lift) * design_effect(size, icc, spread=spread) / size
    normal = z_of() + NormalDist().inv_cdf(POWER)
    needed = 4
    while needed < _MANY:
        student = student_quantile(0.975, needed - 2) + student_quantile(POWER, needed - 2)
        if needed >= groups * (student / normal) ** 2:
            break
        needed = max(needed + 2, min(_even(groups), _MANY))
    else:
        needed = _even(groups)
    return needed + 2


def _even(groups: float) -> int:
    whole = ceil(groups)
    return whole + whole % 2


def effect_seen(
    base: float, groups: int, *, size: float, icc: float = USUAL_ICC, spread: float = 0.0
) -> float | None:
    """The smallest relative change that so many groups would show; None if not even one of ten times."""
    low, high = 0.0, min(10.0, (1 - base) / base * 0.999)
    if (
        groups < 6
        or not 0 < base < 1
        or groups_needed(base, high, size=size, icc=icc, spread=spread) > groups
    ):
        return None
    for _step in range(60):
        middle = (low + high) / 2
        if middle and groups_needed(base, middle, size=size, icc=icc, spread=spread) <= groups:
            high = middle
        else:
            low = middle
    return high
