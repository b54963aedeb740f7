"""How figures are said: by unit, and with care for small samples."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.analytics.enums import Direction, Unit
from apps.analytics.metrics.base import Reading
from apps.analytics.metrics.wording import NOTHING, say_number

#: Changes below this are said as such but not coloured.
_SLIGHT = 0.005


def say(reading: Reading, unit: Unit) -> str:
    """A reading in words. A share of few cases is said as its cases, not as a percentage."""
    if reading.value is None:
        return NOTHING
    if reading.is_small:
        return _("样本少（%(part)s/%(whole)s）") % {
            "part": f"{reading.numerator:,.0f}",
            "whole": f"{reading.denominator or 0:,.0f}",
        }
    return say_number(reading.value, unit)


def say_interval(reading: Reading) -> str:
    """The 95 % interval of a share, or ""."""
    if reading.low is None or reading.high is None:
        return ""
    return f"{reading.low * 100:.1f}% – {reading.high * 100:.1f}%"


@dataclass(frozen=True)
class Change:
    """``share`` is relative (0.1 is a tenth more), for percentages in points; None when it cannot be said."""

    share: float | None
    text: str
    tone: str = ""


def change_of(now: Reading, was: Reading, unit: Unit, direction: Direction) -> Change:
    """How a reading moved. Not coloured when the difference is slight or lies within what chance does."""
    if now.value is None or was.value is None:
        return Change(None, "")
    difference = float(now.value) - float(was.value)
    if unit == Unit.PERCENT:
        if now.is_small or was.is_small:
            return Change(difference, "")
        text = _("%s 个百分点") % f"{difference * 100:+.1f}"
        return Change(difference, text, "" if _overlaps(now, was) else _tone(difference, direction))
    if not was.value:
        return Change(None, "")
    relative = difference / abs(float(was.value))
    text = (
        f"{relative:+.1%}"
        if abs(relative) < 10
        else _("%s 倍") % f"{float(now.value) / float(was.value):,.0f}"
    )
    return Change(relative, text, _tone(relative, direction))


def _overlaps(now: Reading, was: Reading) -> bool:
    if now.low is None or now.high is None or was.low is None or was.high is None:
        return False
    return now.low <= was.high and was.low <= now.high


def _tone(difference: float, direction: Direction) -> str:
    if abs(difference) < _SLIGHT or direction == Direction.NEUTRAL:
        return ""
    return "good" if (difference > 0) == (direction == Direction.HIGHER) else "bad"
