"""Drawing a poster. Pure but for reading its picture: the same content gives the same pixels."""

import hashlib
from functools import lru_cache
from io import BytesIO
from random import Random

import segno
from django.core.files.storage import default_storage
from PIL import Image, ImageDraw, ImageOps, UnidentifiedImageError

from apps.h5.services.posters.content import Content
from apps.h5.services.posters.letters import BOLD, Fitted, face, fit

WIDTH, HEIGHT = 750, 1334
_MARGIN = 56
_GROUND, _PAPER, _INK, _SOFT, _LINE = "#f6f1ea", "#fffdfa", "#1f1d1b", "#635d57", "#d8cfc5"
#: accent, deeper accent, tint: as on the pages (static/h5/base.css).
_THEMES = {
    "red": ("#c8281f", "#8f1610", "#fdeceb"),
    "orange": ("#b84a00", "#7f3300", "#fff0e4"),
    "green": ("#14724a", "#0b4a2f", "#e5f4ec"),
    "blue": ("#1d57b8", "#123a80", "#e8effc"),
    "purple": ("#6d3bb8", "#482480", "#f1eafc"),
}
_TOP, _CARD_TOP, _STUB = 690, 596, 1000
_QR = 250
_DROP = (WIDTH - 168, 196)
_SMOOTH = 2


def draw(content: Content) -> bytes:
    """A PNG of 750 × 1334 pixels."""
    accent, deep, tint = _THEMES.get(content.theme, _THEMES["red"])
    poster = Image.new("RGB", (WIDTH, HEIGHT), _GROUND)
    poster.paste(_scene(content, accent, deep), (0, 0))
    pen = ImageDraw.Draw(poster)
    _headline(pen, content)
    poster.paste(*_ticket())
    _offer(pen, content, accent)
    _stub(poster, content, accent, tint)
    buffer = BytesIO()
    poster.save(buffer, "PNG", compress_level=3)  # a photo grows by nothing and takes a third of the time
    return buffer.getvalue()


def _scene(content: Content, accent: str, deep: str) -> Image.Image:
    """The upper part: the campaign's picture under a veil, or the mechanic's mark as a seal on coloured paper."""
    picture = _opened(content.picture)
    if picture is not None:
        scene = ImageOps.fit(picture, (WIDTH, _TOP), Image.Resampling.LANCZOS)
        veil = _slope().point(lambda v: 70 + v * 150 // 255)
        return Image.composite(Image.new("RGB", scene.size, deep), scene, veil)
    size = (WIDTH, _TOP)
    scene = Image.composite(Image.new("RGB", size, deep), Image.new("RGB", size, accent), _slope())
    light = Image.new("L", size, 0)
    pen = ImageDraw.Draw(light)
    for radius in range(90, 760, 76):  # ripples from one drop: how it spreads
        pen.circle(_DROP, radius, outline=34, width=3)
    seal = face(300, BOLD)
    pen.text(_DROP, content.mark, fill=52, font=seal, anchor="mm")
    chance = Random(int(hashlib.sha256(content.headline.encode()).hexdigest()[:8], 16))  # noqa: S311 - confetti
    for _dot in range(26):
        x, y, radius = chance.randrange(WIDTH), chance.randrange(_CARD_TOP), chance.choice((3, 4, 6))
        pen.circle((x, y), radius, fill=60)
    return Image.composite(Image.new("RGB", scene.size, "#ffffff"), scene, light)


@lru_cache(maxsize=1)
def _slope() -> Image.Image:
    return Image.linear_gradient("L").resize((WIDTH, _TOP))


def _opened(name: str) -> Image.Image | None:
    """The picture, ``None`` when the store has lost it or it is none: a poster without it is still a poster."""
    if not name:
        return None
    try:
        with default_storage.open(name) as file, Image.open(file) as opened:
            return opened.convert("RGB")
    except (OSError, UnidentifiedImageError, ValueError):
        return None


def _headline(pen: ImageDraw.ImageDraw, content: Content) -> None:
    label = face(30, BOLD)
    wide = round(label.getlength(content.label)) + 48
    pen.rounded_rectangle((_MARGIN, 72, _MARGIN + wide, 128), 28, fill="#ffffff")
    pen.text((_MARGIN + 24, 100), content.label, fill=_INK, font=label, anchor="lm")
    words = fit(content.headline, width=WIDTH - 2 * _MARGIN, lines=4, sizes=range(84, 47, -6), weight=BOLD)
    _lines(pen, words, (_MARGIN, 168), "#ffffff")


@lru_cache(maxsize=1)
def _ticket() -> tuple[Image.Image, tuple[int, int], Image.Image]:
    """A paper ticket with a notch on each side, where its stub is torn off."""
    left, top, right, bottom = 32, _CARD_TOP, WIDTH - 32, HEIGHT - 40
    mask = Image.new("L", ((right - left) * _SMOOTH, (bottom - top) * _SMOOTH), 0)
    pen = ImageDraw.Draw(mask)
    pen.rounded_rectangle((0, 0, mask.width - 1, mask.height - 1), 36 * _SMOOTH, fill=255)
    for x in (0, mask.width):
        pen.circle((x, (_STUB - top) * _SMOOTH), 22 * _SMOOTH, fill=0)
    small = mask.resize((right - left, bottom - top), Image.Resampling.LANCZOS)
    paper = Image.new("RGB", small.size, _PAPER)
    line = ImageDraw.Draw(paper)
    for x in range(44, paper.width - 44, 22):
        line.line((x, _STUB - top, x + 11, _STUB - top), fill=_LINE, width=3)
    return paper, (left, top), small


def _offer(pen: ImageDraw.ImageDraw, content: Content, accent: str) -> None:
    width, y = WIDTH - 2 * _MARGIN - 24, _CARD_TOP + 44
    x = _MARGIN + 12
    if content.offer:
        words = fit(content.offer, width=width, lines=2, sizes=range(46, 35, -2), weight=BOLD)
        y = _lines(pen, words, (x, y), accent) + 16
    for text in content.lines:
        words = fit(text, width=width - 30, lines=2, sizes=range(29, 26, -1))
        if y + words.height * len(words.lines) > _STUB - 84:
            break
        pen.text((x + 9, y + words.height // 2), "·", fill=accent, font=face(60, BOLD), anchor="mm")
        y = _lines(pen, words, (x + 30, y), _INK) + 6
    until = fit(content.until, width=width, lines=1, sizes=range(28, 21, -1))
    _lines(pen, until, (x, _STUB - 30 - until.height), _SOFT)


def _stub(poster: Image.Image, content: Content, accent: str, tint: str) -> None:
    pen = ImageDraw.Draw(poster)
    top = _STUB + 34
    qr = qr_picture(content.url)
    poster.paste(qr, (WIDTH - _MARGIN + 4 - qr.width, top - 18))
    x, room = _MARGIN + 12, WIDTH - 2 * _MARGIN - _QR - 40
    y = top + 8
    if content.name:
        disc = Image.new("L", (88 * _SMOOTH, 88 * _SMOOTH), 0)
        ImageDraw.Draw(disc).ellipse((0, 0, disc.width - 1, disc.height - 1), fill=255)
        poster.paste(tint, (x, y), disc.resize((88, 88), Image.Resampling.LANCZOS))
        pen.text((x + 44, y + 44), content.name[0], fill=accent, font=face(44, BOLD), anchor="mm")
        name = fit(content.name, width=room - 108, lines=2, sizes=range(36, 25, -2), weight=BOLD)
        _lines(pen, name, (x + 108, y + 44 - name.height * len(name.lines) // 2), _INK)
        y += 112
    call = fit(content.call, width=room, lines=2, sizes=range(36, 29, -2), weight=BOLD)
    y = _lines(pen, call, (x, y), _INK) + 6
    _lines(pen, fit(SCAN, width=room, lines=2, sizes=range(26, 21, -1)), (x, y), _SOFT)


#: Chinese on purpose: what is drawn goes to groups, in the house's language.
SCAN = "长按识别，规则见活动页"


def qr_picture(url: str) -> Image.Image:
    """The QR code of ``url``, about 250 pixels wide with its quiet zone; a quarter may be hidden (level Q)."""
    code = segno.make_qr(url, error="q")
    modules = len(code.matrix) + 8
    scale = max(_QR // modules, 3)
    picture = Image.new("1", (modules, modules), 1)
    for row, line in enumerate(code.matrix):
        for column, is_dark in enumerate(line):
            if is_dark:
                picture.putpixel((column + 4, row + 4), 0)
    picture = picture.resize((modules * scale, modules * scale), Image.Resampling.NEAREST)
    return ImageOps.colorize(picture.convert("L"), "#000000", _PAPER)


def _lines(pen: ImageDraw.ImageDraw, words: Fitted, at: tuple[int, int], fill: str) -> int:
    """Draw the lines from ``at`` down; returns where the next thing may begin."""
    x, y = at
    for line in words.lines:
        pen.text(
            (x, y + words.height // 2), line, fill=fill, font=face(words.size, words.weight), anchor="lm"
        )
        y += words.height
    return y
