"""Ad-hoc questions to the raw facts: funnels and retention by one generated SQL statement with parameters."""

from apps.analytics.selectors.explorer.funnels import Funnel, FunnelLine, Stage, funnel, funnel_statement
from apps.analytics.selectors.explorer.retention import (
    Retention,
    RetentionLine,
    retention,
    retention_statement,
)
from apps.analytics.selectors.explorer.steps import Breakdown, Condition, Operator, Step

__all__ = [
    "Breakdown",
    "Condition",
    "Funnel",
    "FunnelLine",
    "Operator",
    "Retention",
    "RetentionLine",
    "Stage",
    "Step",
    "funnel",
    "funnel_statement",
    "retention",
    "retention_statement",
]
