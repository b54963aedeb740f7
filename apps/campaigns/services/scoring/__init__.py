"""Scores that come from elsewhere than verbs: invites, orders, points; and contributions of those who leave (C7)."""

from apps.campaigns.services.scoring.collecting import collect_run, collect_scores
from apps.campaigns.services.scoring.leaving import void_leavers

__all__ = ["collect_run", "collect_scores", "void_leavers"]
