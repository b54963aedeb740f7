"""Tiles: one figure with its previous period, its change and a sparkline."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from apps.analytics.admin.board.wording import change_of, say, say_interval
from apps.analytics.metrics.base import Metric, Number, Reading

_WIDTH, _HEIGHT = 100, 24


@dataclass(frozen=True)
class Tile:
    """``tone``: "", good, bad or dim. ``spark`` holds the values of the sparkline, oldest first; None for a gap."""

    label: str
    text: str
    was_text: str = ""
    change: str = ""
    tone: str = ""
    url: str = ""
    spark: list[Number | None] = field(default_factory=list)
    note: str = ""
    metric_key: str = ""
    is_small: bool = False
    #: The page's choices that it does not follow.
    beyond: tuple[str, ...] = ()

    @property
    def points(self) -> str:
        """The sparkline as SVG points in a box of 100 × 24; "" for fewer than two values."""
        known = [float(value) for value in self.spark if value is not None]
        if len(known) < 2 or max(known) == min(known) == 0:
            return ""
        low, high = min(known), max(known)
        span = (high - low) or 1.0
        step = _WIDTH / (len(self.spark) - 1)
        return " ".join(
            f"{index * step:.1f},{_HEIGHT - 2 - (float(value) - low) / span * (_HEIGHT - 4):.1f}"
            for index, value in enumerate(self.spark)
            if value is not None
        )


def tile_of(
    metric: Metric,
    now: Reading,
    was: Reading | None = None,
    url: str = "",
    spark: Sequence[Reading | Number | None] = (),
    note: str = "",
    *,
    is_over: bool = True,
) -> Tile:
    """A metric's tile. ``was`` is the previous period's reading, ``spark`` the readings over time.

    ``is_over`` False: the period is today, which a whole day before is shown beside but not measured against.
    """
    moved = change_of(now, was, metric.unit, metric.direction) if was is not None and is_over else None
    before = _("上期 %s") if is_over else _("昨天全天 %s")
    if not note and (interval := say_interval(now)) and not now.is_small:
        note = _("95%% 区间 %s") % interval
    is_of_now = not (metric.needs or metric.context or metric.first_kinds or metric.extras)
    if is_of_now and not note:
        note = _("现在的数字")
    return Tile(
        beyond=("period",) if is_of_now else (),
        label=str(metric.label),
        text=say(now, metric.unit),
        was_text=before % say(was, metric.unit) if was is not None else "",
        change=moved.text if moved else "",
        tone=moved.tone if moved else "",
        url=url,
        spark=[one.value if isinstance(one, Reading) else one for one in spark],
        note=note,
        metric_key=metric.key,
        is_small=now.is_small,
    )
