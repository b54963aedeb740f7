"""Admin of the fact log."""

from apps.events.admin import event, source

__all__ = ["event", "source"]
