"""Referral trees from members and facts."""

from apps.analytics.services.growing.grow import grow

__all__ = ["grow"]
