"""The alarm before a pool or a stock runs dry, once per crossing."""

from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from apps.accounts.enums import NoticeLevel
from apps.campaigns.models import Benefit
from apps.campaigns.services.granting.telling import tell_benefit

#: Pools are counted no further than the threshold. A benefit never filled and never given is not low, but new.
_LOW = """
SELECT b.id, b.low_stock_told_at, s.remaining, s.remaining <= b.low_stock AS is_low
FROM campaigns_benefit b CROSS JOIN LATERAL (
  SELECT CASE WHEN b.kind = 'code'
    THEN (SELECT count(*) FROM (SELECT 1 FROM campaigns_code c WHERE c.benefit_id = b.id AND c.taken_at IS NULL
          LIMIT b.low_stock + 1) few)
    ELSE b.stock - b.issued END AS remaining) s
WHERE b.is_active AND (b.kind = 'code' OR b.stock IS NOT NULL) AND b.issued > 0"""
_TELL = f"""
UPDATE campaigns_benefit b SET low_stock_told_at = %(now)s FROM ({_LOW}) low
WHERE low.id = b.id AND low.is_low AND b.low_stock_told_at IS NULL RETURNING b.id, low.remaining"""
_CLEAR = f"""
UPDATE campaigns_benefit b SET low_stock_told_at = NULL FROM ({_LOW} AND b.low_stock_told_at IS NOT NULL) low
WHERE low.id = b.id AND NOT low.is_low"""


@transaction.atomic
def warn_low_stock(*, now: datetime) -> int:
    """Tell the people of each benefit whose stock or pool has fallen to its threshold; returns how many benefits.
    After a refill above the threshold the next fall is told again."""
    with connection.cursor() as cursor:
        cursor.execute(_CLEAR)
        cursor.execute(_TELL, {"now": now})
        low = dict(cursor.fetchall())
    for benefit in Benefit.objects.filter(pk__in=low).select_related("team").order_by("pk"):
        tell_benefit(
            benefit,
            key=f"benefit:{benefit.pk}:low:{now.isoformat()}",
            text=_("“%(benefit)s”只剩 %(left)d 份，请尽快补货。")
            % {"benefit": benefit.name, "left": low[benefit.pk]},
            level=NoticeLevel.WARNING,
        )
    return len(low)
