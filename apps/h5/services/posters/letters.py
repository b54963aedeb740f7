"""Letters for pictures: which ones the font has, and how a text fits its place.

The font is Noto Sans SC in two weights (static/vendor/noto-sans-sc): 7 300 Chinese characters, Latin, digits.
A character that it lacks would be drawn as an empty box, so it is looked for before anything is drawn.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from PIL import ImageFont

REGULAR, BOLD = 400, 700
#: Stands for a letter that the font lacks.
STAND_IN = "＊"
_FOLDER = Path("static/vendor/noto-sans-sc")
_NO_CHARACTER = "\U0010fffe"
#: Never at the start of a line; they go with the character before them.
_CLOSING = frozenset("，。！？、；：）》」』”’…％%,.!?;:)")
_WORD = re.compile(r"[A-Za-z0-9@._+\-/¥￥]+|.", re.DOTALL)
_ELLIPSIS = "…"
#: More letters than fit into any line of a poster, so that a very long text costs no more than a long one.
_MOST_IN_A_LINE = 200
#: Marks on one letter, as Vietnamese and pinyin have them; whole towers of them are somebody's joke.
_MOST_MARKS = 2


@lru_cache(maxsize=64)
def face(size: int, weight: int = REGULAR) -> ImageFont.FreeTypeFont:
    """The font in a size (pixels) and weight, kept by the process."""
    path = settings.BASE_DIR / _FOLDER / f"noto-sans-sc-chinese-simplified-{weight}-normal.woff2"
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=20_000)
def has(character: str) -> bool:
    """Can the font draw it? Asked by drawing: what it lacks looks like what nobody has."""
    if character.isspace():
        return True
    return _drawn(character) != _drawn(_NO_CHARACTER)


def _drawn(character: str) -> tuple[tuple[int, int], bytes]:
    mask = face(24).getmask(character)
    return mask.size, bytes(mask)


@dataclass(frozen=True)
class Plain:
    """A text that can be drawn. ``missing``: the letters (not the emoji) that it had to do without."""

    text: str
    missing: frozenset[str] = frozenset()


def drawable(text: str) -> Plain:
    """One line of what the font has: emoji, invisible marks and towers of accents go, an accent that the font
    lacks is left out, a rare letter becomes ＊."""
    kept: list[str] = []
    missing: set[str] = set()
    marks = _MOST_MARKS  # none before the first letter
    for character in unicodedata.normalize("NFC", text):
        kind = unicodedata.category(character)
        if kind[0] == "M":
            marks += 1
            if marks > _MOST_MARKS:
                continue
        elif kind[0] in "LN":
            marks = 0
        else:
            marks = _MOST_MARKS
        if character.isspace():
            kept.append(" ")
        elif kind in ("Cc", "Cf", "Cs", "Co", "Cn"):
            continue
        elif has(character):
            kept.append(character)
        elif has(plain := unicodedata.normalize("NFD", character)[0]) and plain != character:
            kept.append(plain)
        elif kind[0] in "LN":
            kept.append(STAND_IN)
            missing.add(character)
    return Plain(" ".join("".join(kept).split()), frozenset(missing))


@dataclass(frozen=True)
class Fitted:
    """Lines in a size at which they fit. ``height`` of one line, in pixels."""

    lines: tuple[str, ...]
    size: int
    weight: int
    height: int


def fit(text: str, *, width: int, lines: int, sizes: range, weight: int = REGULAR) -> Fitted:
    """``text`` in the largest of ``sizes`` (descending) at which it takes at most ``lines`` of ``width`` pixels; in
    the smallest one it is cut with an ellipsis."""
    for size in sizes:
        found = _wrapped(text, face(size, weight), width, lines)
        if len(found) <= lines:
            return Fitted(tuple(found), size, weight, round(size * 1.36))
    size = sizes[-1]
    found = _wrapped(text, face(size, weight), width, lines)[:lines]
    found[-1] = _cut(found[-1], face(size, weight), width)
    return Fitted(tuple(found), size, weight, round(size * 1.36))


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int, most: int) -> list[str]:
    """Lines of at most ``width`` pixels; not many more than ``most``, however long the text is."""
    lines = [""]
    for word in _WORD.findall(text[: most * _MOST_IN_A_LINE]):
        if len(lines) > most + 1:
            break
        pieces = [word] if font.getlength(word) <= width else list(word)
        for piece in pieces:
            if font.getlength(lines[-1] + piece) <= width:
                lines[-1] += piece
            elif piece in _CLOSING and len(lines[-1]) > 1:
                lines[-1], last = lines[-1][:-1], lines[-1][-1]
                lines.append(last + piece)
            else:
                lines.append(piece.lstrip())
    return [line.rstrip() for line in lines if line.strip()] or [""]


def _cut(line: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    while line and font.getlength(line + _ELLIPSIS) > width:
        line = line[:-1]
    return line.rstrip() + _ELLIPSIS
