"""Every metric, found by its family's file."""

from functools import cache

from apps.analytics.metrics.base import Family, Metric
from apps.core.registries import strategies_in


@cache
def all_families() -> dict[str, Family]:
    """Families by key, in their order: what the modules of this package export as ``FAMILY``."""
    found: dict[str, Family] = strategies_in("apps.analytics.metrics", "FAMILY")
    return dict(sorted(found.items(), key=lambda item: item[1].order))


@cache
def all_metrics() -> dict[str, Metric]:
    """Metrics by key. Raises ``ValueError`` when two share one."""
    found: dict[str, Metric] = {}
    for family in all_families().values():
        for metric in family.metrics:
            if metric.key in found:
                raise ValueError(f"two metrics share the key {metric.key!r}")
            found[metric.key] = metric
    return found
