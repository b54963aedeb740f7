"""Beat's ticks. The tables decide what is due: a lost tick loses nothing, a doubled one does nothing."""

from celery import shared_task

from apps.channels.services import dispatching, facts


@shared_task
def dispatch() -> int:
    """Send what is due (D7)."""
    return dispatching.dispatch()


@shared_task
def record_sent() -> int:
    """Bring the event log up to date with what was sent."""
    return facts.record_sent()
