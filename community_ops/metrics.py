"""What Prometheus reads: progress, not heartbeats (D8). Rows are counted at the scrape, nothing is kept."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Max
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from apps.analytics.metrics.facts import ACTIVE
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.models import Watermark
from apps.analytics.selectors.figures import figures, readings
from apps.analytics.selectors.periods import Period, last_days
from apps.analytics.selectors.scope import Scope
from apps.channels.enums import DeliveryState
from apps.channels.models import Delivery
from apps.channels.selectors.progress import delivery_health
from apps.core.clock import database_now
from apps.core.remembered import remembered
from apps.events.enums import EventKind
from apps.imports.enums import JobState
from apps.imports.models import ImportJob
from community_ops.home.figures import day_bounds

_PREFIX = "community_ops_"
_PAID, _REFUNDED = EventKind.ORDER_PAID, EventKind.ORDER_REFUNDED
_BUSINESS_KEY, _BUSINESS_SECONDS = "metrics.business", 60


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


class BusinessCollector(Collector):
    """What the operator's Grafana shows of the business: from rollups, kept for a minute whoever asks."""

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterable[Metric]:
        for name, (text, value) in self._kept().items():
            if value is not None:
                yield GaugeMetricFamily(f"{_PREFIX}{name}", text, value=value)

    @classmethod
    def _kept(cls) -> dict[str, tuple[str, float | None]]:
        return remembered(_BUSINESS_KEY, _BUSINESS_SECONDS, lambda: cls._read(database_now()))

    @staticmethod
    def _read(now: datetime) -> dict[str, tuple[str, float | None]]:
        house, today = Scope(None), last_days(1, now)
        day = figures(
            scope=house,
            period=today,
            kinds=(
                _PAID,
                _REFUNDED,
                EventKind.GROUP_JOINED,
                EventKind.GROUP_LEFT,
                EventKind.CAMPAIGN_ENTERED,
            ),
            sets=("in",),
        )[""]
        before = figures(scope=house, period=today.previous(), kinds=(ACTIVE,))[""]
        month = _readings(house, last_days(30, now))
        rolled = Watermark.objects.values_list("rolled_at", flat=True).first()
        return {
            "members_in_groups": ("Members in a group now", len(day.now("in"))),
            "members_active_yesterday": ("Members with an own act yesterday", len(before.people(ACTIVE))),
            "orders_paid_today": ("Orders paid today", day.count(_PAID)),
            "revenue_today_yuan": (
                "Paid less refunded today, yuan",
                float(day.value(_PAID) - day.value(_REFUNDED)),
            ),
            "group_joins_today": ("Joins of groups today", day.count(EventKind.GROUP_JOINED)),
            "group_leaves_today": ("Leaves of groups today", day.count(EventKind.GROUP_LEFT)),
            "campaign_entries_today": ("Campaign entries today", day.count(EventKind.CAMPAIGN_ENTERED)),
            "k_factor_30d": ("Viral coefficient K of the last 30 days", month.get("k_factor")),
            "roi_30d": ("(Revenue - cost) / cost of the last 30 days", month.get("roi")),
            "rollup_age_seconds": (
                "Seconds since the figures were last brought up to date; -1 before the first time",
                (now - rolled).total_seconds() if rolled else -1.0,
            ),
        }


def _readings(scope: Scope, period: Period) -> dict[str, float]:
    """The metrics of 30 days that are there and can be said."""
    metrics = [metric for key in ("k_factor", "roi") if (metric := all_metrics().get(key))]
    found = readings(metrics, scope=scope, period=period)[""]
    return {key: float(one.value) for key, one in found.items() if one.value is not None}


REGISTRY = CollectorRegistry(auto_describe=False)
REGISTRY.register(ProgressCollector())
REGISTRY.register(BusinessCollector())
