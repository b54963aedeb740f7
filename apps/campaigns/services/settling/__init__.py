"""From the end of a run's window to its result: what is still open ends, ranks, prizes, the news (C7, C10).

``closed → review → settling → settled``. Every step may be repeated: a killed settlement is completed by the
next tick, and nothing is granted twice.
"""

from apps.campaigns.services.settling.ticking import settle_due_runs, settle_run

__all__ = ["settle_due_runs", "settle_run"]
