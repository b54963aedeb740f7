"""The append-only fact log, and who may write to it from outside."""

from apps.events.models.event import CurrentTransaction, Event
from apps.events.models.source import EventSource, SourceKey

__all__ = ["CurrentTransaction", "Event", "EventSource", "SourceKey"]
