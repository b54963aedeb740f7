"""Admin of the fact log."""

from apps.events.admin import event

__all__ = ["event"]
