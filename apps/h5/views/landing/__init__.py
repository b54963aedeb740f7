"""The landing page of a run: kept in memory, the same for everybody."""

from apps.h5.views.landing.extras import contact, landing_picture, seen
from apps.h5.views.landing.pages import live, run
from apps.h5.views.landing.preview import preview

__all__ = ["contact", "landing_picture", "live", "preview", "run", "seen"]
