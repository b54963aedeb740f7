"""Old facts go when their figures are made; the figures stay."""

from datetime import datetime, time, timedelta

from django.db import transaction

from apps.analytics.models import Watermark
from apps.analytics.selectors.periods import business_zone
from apps.analytics.services.rolling import needs_rebuild
from apps.events.models import Event
from apps.events.selectors.retention import kept_since
from apps.events.services.partitions import drop_old_partitions


def drop_old_facts(*, now: datetime) -> list[str]:
    """Drop the months of the log that are past ``EVENT_RETENTION_MONTHS`` and rolled up; returns their names.

    First the watermark notes the first day that is whole in what stays: from then on a rebuild leaves the days before
    it, and what is known of members, as they are.
    """
    before = kept_since(now)
    if needs_rebuild():
        return []
    with transaction.atomic():
        mark = Watermark.objects.select_for_update().get()
        local = before.astimezone(business_zone())
        whole = local.date() if local.time() == time() else local.date() + timedelta(days=1)
        # Nothing so old, nothing to keep: a rebuild still makes everything anew.
        if not Event.objects.filter(occurred_at__lt=before).exists():
            return []
        if mark.kept_from is None or mark.kept_from < whole:
            mark.kept_from = whole
            mark.save(update_fields=["kept_from"])
    return drop_old_partitions(before=before, counted_txid=mark.txid, counted_id=mark.floor_id)
