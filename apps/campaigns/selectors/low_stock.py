"""Gifts that run out: what is left of each, by the threshold that its owner set."""

from django.db.models import Case, Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from apps.accounts.models import User
from apps.campaigns.enums import BenefitKind
from apps.campaigns.models import Benefit, Code

_MOST = 100


def with_left(rows: QuerySet[Benefit]) -> QuerySet[Benefit]:
    """Adds ``left``: free codes of a pool, pieces of any other stock, ``None`` without a limit."""
    free = (
        Code.objects.free()
        .filter(benefit=OuterRef("pk"))
        .order_by()
        .values("benefit")
        .annotate(n=Count("pk"))
    )
    return rows.annotate(
        left=Case(
            When(kind=BenefitKind.CODE, then=Coalesce(Subquery(free.values("n")), Value(0))),
            default=F("stock") - F("issued"),
            output_field=IntegerField(),
        )
    )


def only_low(rows: QuerySet[Benefit]) -> QuerySet[Benefit]:
    """Of ``with_left`` rows those in use whose rest has come down to their threshold."""
    return rows.filter(Q(left__isnull=False, left__lte=F("low_stock")), is_active=True, issued__gt=0)


def low_benefits(user: User) -> list[Benefit]:
    """Those that ``user`` sees. One query."""
    return list(only_low(with_left(Benefit.objects.visible_to(user))).order_by("pk")[:_MOST])
