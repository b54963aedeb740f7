"""The portal: settings, URLs, processes, and the pages that join all rooms."""

from community_ops.celery import app as celery_app

__all__ = ["celery_app"]
