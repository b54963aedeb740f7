"""Writing off many coupons, from a list or a file, with a result for each line."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import IO

from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.campaigns.services.coupons.writing_off import write_off
from apps.core.errors import DomainError, Invalid
from apps.core.spreadsheet_files import read_rows, sniff
from apps.core.spreadsheets import restore

MOST = 5_000
_COLUMNS = {
    "code": ("券码", "优惠券", "code"),
    "amount": ("金额", "订单金额", "消费金额", "amount"),
    "sku": ("商品编码", "sku"),
    "reference": ("小票号", "订单号", "单号", "reference"),
}


@dataclass(frozen=True)
class Line:
    """What a line says; ``amount`` as it was written."""

    line: int
    code: str
    amount: str = "0"
    sku: str = ""
    reference: str = ""


@dataclass(frozen=True)
class Result:
    """``error`` is empty for success; ``code`` as in ``DomainError``."""

    line: Line
    saved: Decimal | None = None
    is_repeat: bool = False
    error: str = ""
    error_code: str = ""


def write_off_many(*, lines: Iterable[Line], actor: User, now: datetime) -> list[Result]:
    """Write each line's coupon off in a transaction of its own: one wrong line stops no other."""
    return [_one(line, actor, now) for line in lines]


def _one(line: Line, actor: User, now: datetime) -> Result:
    try:
        try:
            amount = Decimal(line.amount.replace(",", "").replace("¥", "").replace("￥", "") or "0")
        except InvalidOperation:
            raise Invalid(
                _("金额不正确。"), hint=_("填订单金额，元，最多两位小数。"), field="amount"
            ) from None
        done = write_off(
            code=line.code, amount=amount, sku=line.sku, reference=line.reference, actor=actor, now=now
        )
    except DomainError as error:
        return Result(line, error=str(error), error_code=error.code)
    return Result(line, saved=done.saved, is_repeat=done.is_repeat)


def read_lines(file: IO[bytes]) -> list[Line]:
    """The lines of a CSV or xlsx file with the column 券码, and if need be 金额, 商品编码, 小票号.

    Raises ``Unreadable`` for the file, ``Invalid`` for a missing column or too many lines.
    """
    rows = read_rows(file, sniff(file))
    _number, names = next(rows, (0, []))
    tidy = [restore(name).strip().lower() for name in names]
    places = {
        key: next((tidy.index(choice) for choice in choices if choice in tidy), None)
        for key, choices in _COLUMNS.items()
    }
    if places["code"] is None:
        raise Invalid(_("文件里没有“券码”这一列。"), hint=_("第一行写列名。"), field="file")
    lines = []
    for number, row in rows:
        cells = {
            key: restore(row[place]).strip() if place is not None and place < len(row) else ""
            for key, place in places.items()
        }
        if cells["code"]:
            lines.append(Line(number, **cells))
        if len(lines) > MOST:
            raise Invalid(
                _("一次最多核销 %(most)d 张。") % {"most": MOST}, hint=_("分成几个文件。"), field="file"
            )
    return lines
