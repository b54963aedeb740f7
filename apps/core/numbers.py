"""Whole numbers from outside: addresses, forms, files, facts."""

from collections.abc import Iterable

#: What a ``bigint`` column holds, and so what a row's number can be.
MOST = 2**63 - 1
_LONGEST = len(str(MOST))
_WIDE = str.maketrans("０１２３４５６７８９", "0123456789")


def whole(text: object, *, at_least: int = 0, at_most: int = MOST) -> int | None:
    """The whole number that ``text`` spells, ``None`` for anything else or one that is out of bounds.

    Digits alone: no sign, no blanks, no ``²`` (a digit to Python that ``int`` refuses), no other script's digits. Full
    width ones, as Chinese keyboards type them, count. However long the text is, no more than a ``bigint`` is ever read.
    """
    said = str(text)
    if len(said) > _LONGEST:
        return None
    said = said.translate(_WIDE)
    if not (said.isascii() and said.isdigit()):
        return None
    number = int(said)
    return number if at_least <= number <= at_most else None


def wholes(texts: Iterable[object]) -> list[int]:
    """Those of ``texts`` that are whole numbers, in their order."""
    return [number for text in texts if (number := whole(text)) is not None]
