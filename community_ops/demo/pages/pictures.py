"""Drawn pictures for landing pages: plain shapes, nobody's photograph."""

import io
from collections.abc import Callable

from django.core.files.base import File
from PIL import Image, ImageDraw

_SIZE = (1080, 720)
_INK, _PAPER = "#3f2d20", "#fffaf2"

type Draw = Callable[[ImageDraw.ImageDraw], None]


def picture(motif: str) -> File:
    """A PNG, 720 × 480, of ``motif``, one of ``MOTIFS``."""
    ground, draw = MOTIFS[motif]
    image = Image.new("RGB", _SIZE, ground)
    pen = ImageDraw.Draw(image)
    pen.ellipse((220, 40, 860, 680), fill=_PAPER)
    draw(pen)
    data = io.BytesIO()
    image = image.resize((720, 480), Image.Resampling.LANCZOS)
    image.save(data, "PNG", compress_level=1)
    data.seek(0)
    return File(data, name=f"{motif}.png")


def _beads(pen: ImageDraw.ImageDraw) -> None:
    pen.rounded_rectangle((350, 250, 730, 600), radius=46, fill="#0ea5e9")
    pen.rounded_rectangle((330, 200, 750, 290), radius=30, fill="#0369a1")
    for row in range(2):
        for place in range(3):
            x, y = 400 + place * 110, 350 + row * 120
            pen.ellipse((x, y, x + 84, y + 84), fill="#f0abfc")
            pen.pieslice((x, y, x + 84, y + 84), 20, 200, fill="#86efac")


def _tea(pen: ImageDraw.ImageDraw) -> None:
    pen.line((560, 90, 610, 260), fill="#ea580c", width=18)
    pen.polygon(((400, 230), (680, 230), (640, 620), (440, 620)), fill="#facc15")
    pen.polygon(((411, 330), (669, 330), (640, 620), (440, 620)), fill="#f59e0b")
    for x, y in ((450, 400), (550, 470), (470, 530)):
        pen.ellipse((x, y, x + 76, y + 76), fill="#fef08a", outline="#ca8a04", width=8)


def _tickets(pen: ImageDraw.ImageDraw) -> None:
    for (x, y), colour in (((300, 190), "#ef4444"), ((390, 370), "#f59e0b")):
        pen.rounded_rectangle((x, y, x + 390, y + 170), radius=24, fill=colour)
        pen.line((x + 270, y + 16, x + 270, y + 154), fill=_PAPER, width=6)
        for side in (x - 22, x + 368):
            pen.ellipse((side, y + 62, side + 44, y + 106), fill=_PAPER)
        pen.ellipse((x + 90, y + 45, x + 170, y + 125), outline=_PAPER, width=10)


def _apples(pen: ImageDraw.ImageDraw) -> None:
    for x, y, colour in ((320, 320, "#dc2626"), (560, 320, "#ef4444"), (440, 210, "#b91c1c")):
        pen.ellipse((x, y, x + 210, y + 200), fill=colour)
        pen.line((x + 105, y + 20, x + 120, y - 40), fill=_INK, width=12)
        pen.chord((x + 118, y - 60, x + 190, y - 10), 150, 350, fill="#65a30d")
        pen.ellipse((x + 45, y + 45, x + 85, y + 95), fill="#fca5a5")
    pen.polygon(((290, 500), (790, 500), (730, 640), (350, 640)), fill="#b45309")


def _coffee(pen: ImageDraw.ImageDraw) -> None:
    for x, colour in ((300, "#7c2d12"), (560, "#0f766e")):
        pen.rounded_rectangle((x, 300, x + 200, 560), radius=40, fill=colour)
        pen.arc((x + 160, 350, x + 270, 480), 270, 90, fill=colour, width=22)
        pen.ellipse((x + 20, 285, x + 180, 335), fill="#431407")
        for steam in (60, 120):
            pen.arc((x + steam, 170, x + steam + 40, 250), 90, 270, fill="#a8a29e", width=9)


def _cooker(pen: ImageDraw.ImageDraw) -> None:
    pen.rounded_rectangle((330, 280, 750, 590), radius=90, fill="#fafaf9", outline="#78716c", width=10)
    pen.pieslice((330, 170, 750, 420), 180, 360, fill="#d6d3d1", outline="#78716c", width=10)
    pen.rounded_rectangle((500, 140, 580, 190), radius=20, fill="#57534e")
    pen.rounded_rectangle((460, 430, 620, 530), radius=18, fill="#ea580c")
    pen.ellipse((515, 455, 565, 505), fill=_PAPER)


def _cup(pen: ImageDraw.ImageDraw) -> None:
    pen.pieslice((380, 60, 700, 500), 0, 180, fill="#f59e0b")
    pen.rectangle((380, 210, 700, 290), fill="#f59e0b")
    for left, right in ((300, 420), (660, 780)):
        pen.arc((left, 230, right, 390), 0, 360, fill="#f59e0b", width=20)
    pen.rectangle((515, 480, 565, 570), fill="#d97706")
    pen.rounded_rectangle((420, 560, 660, 630), radius=14, fill="#92400e")
    pen.regular_polygon((540, 320, 70), 5, fill=_PAPER)


def _swap(pen: ImageDraw.ImageDraw) -> None:
    pen.rounded_rectangle((290, 300, 490, 500), radius=24, fill="#16a34a")
    pen.rectangle((380, 300, 400, 500), fill="#bbf7d0")
    pen.rounded_rectangle((590, 300, 790, 500), radius=24, fill="#2563eb")
    pen.rectangle((590, 390, 790, 410), fill="#bfdbfe")
    for box, start, tip in (((380, 130, 700, 430), 200, 1), ((380, 370, 700, 670), 20, -1)):
        pen.arc(box, start, start + 140, fill=_INK, width=16)
        x, y = (691, 210) if tip > 0 else (389, 590)
        pen.polygon(
            ((x - 34 * tip, y + 8 * tip), (x + 34 * tip, y - 4 * tip), (x + 8 * tip, y + 48 * tip)), fill=_INK
        )


MOTIFS: dict[str, tuple[str, Draw]] = {
    "beads": ("#bae6fd", _beads),
    "tea": ("#fef3c7", _tea),
    "tickets": ("#fecaca", _tickets),
    "apples": ("#fde68a", _apples),
    "coffee": ("#e7e5e4", _coffee),
    "cooker": ("#fed7aa", _cooker),
    "cup": ("#ddd6fe", _cup),
    "swap": ("#bbf7d0", _swap),
}
