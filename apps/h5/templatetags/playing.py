"""Filters of the play pages."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import template

from apps.campaigns.api.shapes import plain as plain_number
from apps.campaigns.models import Run
from apps.h5.selectors.themes import theme_of

register = template.Library()


@register.filter
def plain(number: Decimal) -> str:
    """``3``, ``12.5``: a number without a tail of zeros."""
    return plain_number(Decimal(number))


@register.filter
def minus(number: Decimal, other: Decimal) -> Decimal:
    return Decimal(number) - Decimal(other)


@register.filter
def money(amount: Decimal | str) -> str:
    """Yuan with two places."""
    return f"{Decimal(amount):.2f}"


@register.filter
def under(found: Mapping[str, Any] | None, key: str) -> Any:
    """What stands under ``key``, "" without it."""
    return (found or {}).get(key, "")


@register.filter
def of_slot(benefits: Sequence[Mapping[str, Any]], slot: str) -> Any:
    """The benefits that a slot promises, from the list for members; none if the slot has none."""
    return next((one["benefits"] for one in benefits if one["slot"] == str(slot)), [])


@register.filter
def theme(run: Run) -> str:
    """The class of the run's colours; see base.css."""
    return f"theme-{theme_of(run)}"


@register.filter
def joined(left: Any, right: Any) -> str:
    return f"{left}{right}"
