"""Writing spreadsheets that are safe to open and that come back as they went (S5)."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO

from django.utils import timezone

#: Excel, WPS and LibreOffice take a cell that starts so for a formula; the full-width signs too, in East
#: Asian locales. A quote or blanks before the sign do not make it safe to strip.
_DANGER = r"[\s']*[=+\-@＝＋－＠]"
_NEEDS_QUOTE = re.compile(rf"{_DANGER}|[\t\r\n]")
_HAS_QUOTE = re.compile(rf"'(?:{_DANGER}|[\t\r\n])")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

#: Written first, so that Excel in China opens the file as UTF-8.
BOM = "\ufeff"


def neutralise(text: str) -> str:
    """Return ``text`` so that no spreadsheet runs it: an apostrophe goes before a would-be formula.

    ``restore(neutralise(text)) == text`` for every text (S5).
    """
    return f"'{text}" if _NEEDS_QUOTE.match(text) else text


def restore(text: str) -> str:
    """Undo ``neutralise``; any other text is returned as it is (``'13800138000`` keeps its apostrophe)."""
    return text[1:] if _HAS_QUOTE.match(text) else text


def as_cell(value: object) -> str:
    """Return ``value`` as the text of a cell: local wall-clock times, plain numbers, no formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        return f"{local:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float | Decimal):
        return str(value)  # a number of ours is no formula, and a negative one must stay a number
    return neutralise(_LONE_SURROGATE.sub("\ufffd", str(value)))


class _Echo:
    """A file whose ``write`` hands the line back, so that ``csv`` can stream."""

    def write(self, line: str) -> str:
        return line


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield a CSV file line by line: UTF-8 BOM first, CRLF, cells by ``as_cell``. Nothing is held in memory."""
    writer = csv.writer(_Echo())  # type: ignore[arg-type]
    yield BOM
    yield writer.writerow([as_cell(cell) for cell in header])
    for row in rows:
        yield writer.writerow([as_cell(cell) for cell in row])


def write_csv(file: IO[bytes], header: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write a CSV file as ``csv_lines`` does and return how many rows it has without the header."""
    count = -2  # the BOM and the header
    for line in csv_lines(header, rows):
        file.write(line.encode())
        count += 1
    return count
