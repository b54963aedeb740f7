"""Telling people."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from apps.accounts.enums import NoticeLevel
from apps.accounts.models import Notice, User


def notify(
    *, users: Iterable[User], key: str, text: str, url: str = "", level: NoticeLevel = NoticeLevel.INFO
) -> int:
    """Tell each user once per ``key``; a repeat is silently nothing. Returns how many users were asked for."""
    rows = [Notice(user=user, key=key, level=level, text=text[:300], url=url) for user in users]
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def mark_read(*, notices: QuerySet[Notice], now: datetime) -> int:
    """Mark the unread ones among ``notices`` (the caller's own) as read; returns how many were unread."""
    return notices.filter(read_at__isnull=True).update(read_at=now)
