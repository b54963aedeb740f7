"""What rows prove about imports."""

from apps.core.invariants import invariant

invariant(
    "M1",
    "a finished import's counts add up to the rows read",
    "SELECT id FROM imports_importjob WHERE state IN ('done', 'undone')"
    " AND read_count <> created_count + updated_count + unchanged_count + rejected_count",
)
invariant(
    "M1",
    "an import that reports rows has committed them",
    "SELECT id FROM imports_importjob WHERE state IN ('done', 'undone') AND written_at IS NULL",
)
invariant(
    "M2",
    "no import waits for a worker that is gone",
    "SELECT id FROM imports_importjob WHERE state IN ('checking', 'running', 'undoing')"
    " AND leased_until < clock_timestamp() - interval '15 minutes'",
)
