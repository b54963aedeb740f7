"""From facts to rollups: incrementally by a watermark, or all of them anew (A1)."""

from apps.analytics.services.rolling.rebuild import rebuild
from apps.analytics.services.rolling.tick import needs_rebuild, roll

__all__ = ["needs_rebuild", "rebuild", "roll"]
