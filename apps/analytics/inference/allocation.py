"""Who gets which version: by the seed alone, so that anybody can check it, and even in size."""

from collections.abc import Hashable, Mapping, Sequence
from hashlib import sha256


def allocate[T: Hashable](sizes: Mapping[T, int], variants: Sequence[str], *, seed: int) -> dict[T, str]:
    """Each thing's variant. Things of like size are taken together, as many as there are variants, and dealt out at
    random within (blocks): each variant gets as many things (± 1), and of like sizes.

    The same arguments give the same answer, whatever their order. Raises ``ValueError`` for fewer than two variants.
    """
    if len(variants) < 2 or len(set(variants)) != len(variants):
        raise ValueError(f"variants {variants}")
    order = sorted(sizes, key=lambda thing: (-sizes[thing], _number(seed, "tie", thing)))
    found: dict[T, str] = {}
    for start in range(0, len(order), len(variants)):
        block = order[start : start + len(variants)]
        dealt = sorted(variants, key=lambda variant: _number(seed, start, variant))
        found.update(zip(block, dealt, strict=False))
    return found


def _number(*names: object) -> int:
    return int.from_bytes(sha256(":".join(map(str, names)).encode()).digest()[:8])
