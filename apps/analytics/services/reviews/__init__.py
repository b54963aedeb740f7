"""复盘: start, write, publish, act."""

from apps.analytics.services.reviews.actions import (
    add_action,
    drop_action,
    finish_action,
    reopen_action,
    take_up,
)
from apps.analytics.services.reviews.starting import refigure, start_review
from apps.analytics.services.reviews.writing import Clash, publish, reopen, write

__all__ = [
    "Clash",
    "add_action",
    "drop_action",
    "finish_action",
    "publish",
    "refigure",
    "reopen",
    "reopen_action",
    "start_review",
    "take_up",
    "write",
]
