"""Looking into an uploaded file: header line, first rows, samples."""

import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import IO

from django.utils.translation import gettext as _

from apps.core.spreadsheet_files import Format, Unreadable, read_rows

#: The last column of an error file; ignored when it is uploaded again.
PROBLEM_HEADER = "问题"
_SAMPLE_ROWS = 200
_DATA_LIKE = re.compile(r"[+＋'‘]?[0-9０-９][0-9０-９ \-/.:：]{4,}|\d{4}年.*")


@dataclass(frozen=True, kw_only=True)
class Preview:
    """The start of a file. ``rows`` are (row number, cells), blank rows left out."""

    headers: list[str]
    header_row: int
    rows: list[tuple[int, list[str]]]
    has_garbage: bool  # characters that could not be decoded, or look decoded wrongly

    def samples(self, index: int, limit: int = 3) -> list[str]:
        """The first different values of a column."""
        found: list[str] = []
        for _number, row in self.rows:
            if index < len(row) and (value := row[index].strip()) and value not in found:
                found.append(value)
                if len(found) == limit:
                    break
        return found


def data_width(headers: Sequence[str]) -> int:
    """How many columns hold data: an error file's last column does not."""
    return len(headers) - 1 if len(headers) > 1 and headers[-1].strip() == PROBLEM_HEADER else len(headers)


def look(file: IO[bytes], how: Format, *, limit: int = _SAMPLE_ROWS) -> Preview:
    """Read the header line and up to ``limit`` rows; wrong bytes show as �.

    A title above the header (one cell alone) is skipped. Raises ``Unreadable`` with what to do.
    """
    rows: list[tuple[int, list[str]]] = []
    with closing(read_rows(file, how, errors="replace")) as found:
        rows.extend(islice(found, limit + 1))
    if not rows:
        raise Unreadable(_("文件里没有内容。"), hint=_("请选一个有内容的文件。"))
    while len(rows) > 1 and _filled(rows[0][1]) == 1 < min(_filled(rows[1][1]), 3):
        rows.pop(0)
    header_row, headers = rows.pop(0)
    # Trailing empty header cells are no columns, unless something stands under them.
    while len(headers) > 1 and not headers[-1].strip() and not _used(rows, len(headers) - 1):
        headers.pop()
    text = "".join(cell for _n, row in rows[:50] for cell in row) + "".join(headers)
    return Preview(
        headers=[header.strip(" \t\r\n\u3000\ufeff") for header in headers],
        header_row=header_row,
        rows=rows,
        has_garbage="\ufffd" in text or "锘" in text or "锟斤拷" in text,
    )


def looks_like_data(cells: Sequence[str]) -> bool:
    """Whether a line that should be a header holds phones, dates or amounts."""
    return any(_DATA_LIKE.fullmatch(cell.strip()) for cell in cells)


def _used(rows: Sequence[tuple[int, list[str]]], index: int) -> bool:
    return any(len(row) > index and row[index].strip() for _number, row in rows)


def _filled(row: Sequence[str]) -> int:
    return sum(1 for cell in row if cell.strip())
