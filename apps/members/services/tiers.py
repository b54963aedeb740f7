"""Tiers by name."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Max

from apps.members.models import Tier

#: Ranks of tier names in general use, so that imported tiers sort as people expect.
_KNOWN = {
    "普通": 10,
    "普通会员": 10,
    "铜卡": 15,
    "银卡": 20,
    "银卡会员": 20,
    "金卡": 30,
    "金卡会员": 30,
    "铂金": 35,
    "白金卡": 35,
    "钻石": 38,
    "钻石卡": 38,
    "黑卡": 40,
}


@transaction.atomic
def ensure_tiers(*, names: Iterable[str]) -> int:
    """Create the tiers that are missing, well-known names at their usual rank, others above all; returns how many."""
    missing = [
        name for name in dict.fromkeys(names) if name not in set(Tier.objects.values_list("name", flat=True))
    ]
    top = max([Tier.objects.aggregate(top=Max("rank"))["top"] or 0, *_KNOWN.values()])
    rows = []
    for name in missing:
        rank = _KNOWN.get(name)
        if rank is None:
            top += 10
            rank = min(top, 32_000)
        rows.append(Tier(name=name, rank=rank))
    Tier.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)
