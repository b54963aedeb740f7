"""What Prometheus reads: progress, not heartbeats (D8). Rows are counted at the scrape, nothing is kept."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Max
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from apps.channels.enums import DeliveryState
from apps.channels.models import Delivery
from apps.channels.selectors.progress import delivery_health
from apps.core.clock import database_now
from apps.imports.enums import JobState
from apps.imports.models import ImportJob
from community_ops.home.figures import day_bounds

_PREFIX = "community_ops_"


class ProgressCollector(Collector):
    """Reads the database when asked. ``describe`` is empty so that registering reads nothing."""

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterable[Metric]:
        now = database_now()
        yield from self._health(now)
        yield self._deliveries(now)
        yield self._imports()
        yield self._beat(now)

    @staticmethod
    def _health(now: datetime) -> Iterable[Metric]:
        health = delivery_health(now)
        figures = {
            "delivery_oldest_due_seconds": ("Age of the oldest due delivery", health.oldest_due_seconds),
            "delivery_due": ("Deliveries that are due and not yet sent", health.due_count),
            "delivery_unknown": ("Deliveries whose result nobody knows (D3)", health.unknown_count),
            "delivery_awaiting_person": ("Deliveries that a person sends", health.awaiting_count),
            "delivery_lag_p95_seconds": ("Lateness of recent sends, 95th percentile", health.lag_p95_seconds),
        }
        for name, (text, value) in figures.items():
            yield GaugeMetricFamily(f"{_PREFIX}{name}", text, value=float(value or 0))

    @staticmethod
    def _deliveries(now: datetime) -> Metric:
        start, end = day_bounds(now)
        family = GaugeMetricFamily(
            f"{_PREFIX}deliveries_today", "Deliveries due today by state", labels=["state"]
        )
        counts = dict(
            Delivery.objects.filter(due_at__gte=start, due_at__lt=end)
            .order_by()
            .values_list("state")
            .annotate(Count("pk"))
        )
        for state in DeliveryState.values:
            family.add_metric([state], counts.get(state, 0))
        return family

    @staticmethod
    def _imports() -> Metric:
        family = GaugeMetricFamily(f"{_PREFIX}import_jobs", "Import jobs by state", labels=["state"])
        counts = dict(ImportJob.objects.order_by().values_list("state").annotate(Count("pk")))
        for state in JobState.values:
            family.add_metric([state], counts.get(state, 0))
        return family

    @staticmethod
    def _beat(now: datetime) -> Metric:
        from django_celery_beat.models import PeriodicTask

        last = PeriodicTask.objects.aggregate(last=Max("last_run_at"))["last"]
        return GaugeMetricFamily(
            f"{_PREFIX}beat_last_tick_age_seconds",
            "Seconds since beat last wrote a tick (it writes every 180 s); -1 before the first",
            value=(now - last).total_seconds() if last else -1.0,
        )


REGISTRY = CollectorRegistry(auto_describe=False)
REGISTRY.register(ProgressCollector())
