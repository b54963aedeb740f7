"""How a number is said, by its unit."""

from decimal import Decimal

from django.utils.translation import gettext as _

from apps.analytics.enums import Unit
from apps.analytics.metrics.base import Number

NOTHING = "—"


def say_number(value: Number | None, unit: Unit) -> str:
    """One figure with its unit's sign; a dash where nothing can be said."""
    if value is None:
        return NOTHING
    match unit:
        case Unit.MONEY:
            return f"{'-' if value < 0 else ''}¥{abs(Decimal(str(value))):,.2f}"
        case Unit.PERCENT:
            return f"{float(value) * 100:.1f}%"
        case Unit.COUNT | Unit.PEOPLE | Unit.POINTS:
            return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
        case Unit.RATIO:
            return f"{float(value):,.2f}"
        case Unit.DAYS:
            return _("%s 天") % f"{float(value):,.1f}"
        case Unit.HOURS:
            return _("%s 小时") % f"{float(value):,.1f}"
    return str(value)
