"""What beat does. One row per recurring task, none per post: the tables decide what is due (D7)."""

from typing import Any

#: name → (task, seconds between ticks, queue)
TICKS: dict[str, tuple[str, int, str]] = {
    "imports.run_due_jobs": ("apps.imports.tasks.run_due_jobs", 3, "imports"),
    "imports.purge_old_files": ("apps.imports.tasks.purge_old_files", 6 * 3600, "imports"),
    "events.make_partitions": ("apps.events.tasks.make_partitions", 6 * 3600, "default"),
    "channels.dispatch": ("apps.channels.tasks.dispatch", 2, "delivery"),
    "channels.record_sent": ("apps.channels.tasks.record_sent", 30, "default"),
    "analytics.roll": ("apps.analytics.tasks.roll", 20, "default"),
    "analytics.drop_old": ("apps.analytics.tasks.drop_old", 6 * 3600, "default"),
    "analytics.grow_forest": ("apps.analytics.tasks.grow_forest", 900, "default"),
    "analytics.make_reports": ("apps.analytics.tasks.make_reports", 60, "default"),
    "analytics.score_buyers": ("apps.analytics.tasks.score_buyers", 3600, "default"),
    "analytics.trim_hours": ("apps.analytics.tasks.trim_hours", 6 * 3600, "default"),
    "analytics.read_goals": ("apps.analytics.tasks.read_goals", 900, "default"),
    "analytics.watch": ("apps.analytics.tasks.watch", 3600, "default"),
    "orders.lapse": ("apps.orders.tasks.lapse_orders", 5, "default"),
    "orders.refunds": ("apps.orders.tasks.process_refunds", 10, "default"),
    "content_calendar.finish_posts": ("apps.content_calendar.tasks.finish_posts", 30, "default"),
    "campaigns.open_due_runs": ("apps.campaigns.tasks.open_due_runs", 5, "default"),
    "campaigns.close_due_runs": ("apps.campaigns.tasks.close_due_runs", 5, "default"),
    "campaigns.expire_due_entries": ("apps.campaigns.tasks.expire_due_entries", 5, "default"),
    "campaigns.warn_ending_runs": ("apps.campaigns.tasks.warn_ending_runs", 60, "default"),
    "content_calendar.draft_run_posts": ("apps.content_calendar.tasks.draft_run_posts", 60, "default"),
    "campaigns.settle_due_runs": ("apps.campaigns.tasks.settle_due_runs", 10, "default"),
    "campaigns.collect_scores": ("apps.campaigns.tasks.collect_scores", 30, "default"),
    "campaigns.void_leavers": ("apps.campaigns.tasks.void_leavers", 60, "default"),
    "campaigns.plan_runs": ("apps.campaigns.tasks.plan_runs", 60, "default"),
    "campaigns.issue_pending_grants": ("apps.campaigns.tasks.issue_pending_grants", 5, "default"),
    "campaigns.send_red_packets": ("apps.campaigns.tasks.send_red_packets", 10, "default"),
    "campaigns.scan_risk": ("apps.campaigns.tasks.scan_risk", 60, "default"),
    "campaigns.expire_coupons": ("apps.campaigns.tasks.expire_coupons", 60, "default"),
    "campaigns.warn_low_stock": ("apps.campaigns.tasks.warn_low_stock", 60, "default"),
    "h5.unlink_old_visitors": ("apps.h5.tasks.unlink_old_visitors", 3600, "default"),
    "h5.fill_conversions": ("apps.h5.tasks.fill_conversions", 300, "default"),
    "h5.prune_posters": ("apps.h5.tasks.prune_posters", 1800, "default"),
    "campaigns.publish_landings": ("apps.campaigns.tasks.publish_landings", 5, "default"),
    "campaigns.prune_pictures": ("apps.campaigns.tasks.prune_pictures", 6 * 3600, "default"),
    "campaigns.forget_actions": ("apps.campaigns.tasks.forget_actions", 600, "default"),
}


def ensure_periodic_tasks(**_kwargs: Any) -> None:
    """Create or correct the periodic tasks; idempotent, runs after every migrate."""
    from django_celery_beat.models import IntervalSchedule, PeriodicTask

    for name, (task, seconds, queue) in TICKS.items():
        interval, _created = IntervalSchedule.objects.get_or_create(
            every=seconds, period=IntervalSchedule.SECONDS
        )
        PeriodicTask.objects.update_or_create(
            name=name,
            # A tick that could not be taken in time is worthless: the next one finds the same rows.
            defaults={"task": task, "interval": interval, "queue": queue, "expire_seconds": max(seconds, 10)},
        )


def make_first_partitions(**_kwargs: Any) -> None:
    """This month's partition of the fact log before the first fact: the tick comes only after hours, and what
    has fallen into the default partition by then keeps its month from ever getting its own."""
    from apps.core.clock import database_now
    from apps.events.services.partitions import ensure_partitions

    ensure_partitions(now=database_now())
