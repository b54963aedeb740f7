"""Amounts of money: yuan, to the cent."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from apps.core.errors import Invalid

_CENT = Decimal("0.01")
_MOST = Decimal("9999999999.99")


def cents(amount: Decimal | int, *, field: str = "amount") -> Decimal:
    """``amount`` with exactly two places; raises ``Invalid`` for what is not finite, negative, too large, or
    finer than a cent: nothing is ever rounded."""
    value = Decimal(amount)
    if not value.is_finite() or not 0 <= value <= _MOST:
        raise Invalid(_("金额要在 0 到 9999999999.99 元之间。"), hint=_("请重新填写金额。"), field=field)
    exact = value.quantize(_CENT)
    if exact != value:
        raise Invalid(_("金额最多两位小数。"), hint=_("请精确到分，例如 12.50。"), field=field)
    return exact
