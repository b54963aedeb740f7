"""What one short link brought."""

from dataclasses import dataclass

from django.db.models import Count, Q

from apps.campaigns.models import ShareLink
from apps.h5.enums import ConversionKind
from apps.h5.models import Conversion, Touch


@dataclass(frozen=True)
class LinkFigures:
    """Visitors who came by the link, and what those did whose last touch it was."""

    visitors: int
    logins: int
    entries: int
    parts: int


def figures_of_link(link: ShareLink) -> LinkFigures:
    """Two queries."""
    visitors = Touch.objects.filter(link=link).aggregate(count=Count("visitor", distinct=True))["count"]
    done = Conversion.objects.filter(last_touch__link=link).aggregate(
        **{kind.value: Count("pk", filter=Q(kind=kind)) for kind in ConversionKind}
    )
    return LinkFigures(
        visitors,
        done[ConversionKind.LOGIN.value],
        done[ConversionKind.ENTRY.value],
        done[ConversionKind.PART.value],
    )
