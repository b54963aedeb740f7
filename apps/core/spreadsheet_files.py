"""Reading spreadsheets that strangers made: what a file is, by its content and not by its name (S3).

``sniff`` looks before anything is parsed; ``read_rows`` streams. Both raise ``Unreadable`` with a sentence
that says what to do.
"""

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import IO, Any

from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError

MAX_COLUMNS = 300
MAX_CELL = 100_000  # characters; Excel itself stops at 32,767
MAX_EXPANDED = 400 * 1024 * 1024  # bytes in an .xlsx once unpacked
MAX_RATIO = 200  # unpacked : packed, looked at from _RATIO_FROM bytes on
_RATIO_FROM = 20 * 1024 * 1024
_CHUNK = 1 << 20
_DELIMITERS = (",", "\t", ";", "|")

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FOREIGN = (
    (b"%PDF", _("这是 PDF，不是表格。")),
    (b"\xd0\xcf\x11\xe0", _("这是旧版 Excel（.xls）或加了密码的文件。")),
    (b"\x89PNG", _("这是图片，不是表格。")),
    (b"\xff\xd8\xff", _("这是图片，不是表格。")),
    (b"GIF8", _("这是图片，不是表格。")),
    (b"Rar!", _("这是压缩包，不是表格。")),
    (b"7z\xbc\xaf", _("这是压缩包，不是表格。")),
    (b"\x1f\x8b", _("这是压缩包，不是表格。")),
    (b"{\\rtf", _("这是文档，不是表格。")),
)
_SAVE_AS = _("请在 Excel 或 WPS 里“另存为”.xlsx 或 CSV，再上传。")
_UNPACK = _("请先解压，再上传里面的表格。")


class Unreadable(DomainError):
    """The file cannot be read as a table; the message says why and what to do."""

    code = "unreadable"


@dataclass(frozen=True, kw_only=True)
class Format:
    """How to read a file. ``kind`` is ``csv`` or ``xlsx``; the others matter for ``csv`` only."""

    kind: str = "csv"
    encoding: str = "utf-8"
    delimiter: str = ","


def sniff(file: IO[bytes]) -> Format:
    """Say what ``file`` is: reads it whole once, in chunks, and leaves it at its start.

    Encodings: byte-order mark, then strict UTF-8, then GB18030 (Excel in China saves GBK without a mark).
    """
    file.seek(0)
    head = file.read(_CHUNK)
    file.seek(0)
    if not head:
        raise Unreadable(_("文件是空的。"), hint=_("请选一个有内容的文件。"))
    if head.startswith(b"PK\x03\x04"):
        _check_archive(file)
        return Format(kind="xlsx", encoding="")
    for magic, sentence in _FOREIGN:
        if head.startswith(magic):
            raise Unreadable(sentence, hint=_SAVE_AS)
    if re.match(rb"\s*<(?:!doctype|html|table|\?xml)", head[:200].lower()):
        raise Unreadable(_("这是网页或 XML，只是名字像表格。"), hint=_SAVE_AS)
    encoding = _encoding(file, head)
    file.seek(0)
    sample = codecs.getincrementaldecoder(encoding)(errors="replace").decode(head).lstrip("\ufeff")
    if not sample.strip():
        raise Unreadable(_("文件里没有内容。"), hint=_("请选一个有内容的文件。"))
    return Format(encoding=encoding, delimiter=_delimiter(sample))


def read_rows(file: IO[bytes], how: Format, *, errors: str = "strict") -> Generator[tuple[int, list[str]]]:
    """Yield (row number as a spreadsheet counts it, cells) for every row that is not blank, header included.

    With ``errors="replace"`` wrong bytes show as � (for previews); else ``Unreadable`` names the place.
    """
    file.seek(0)
    rows = _xlsx_rows(file) if how.kind == "xlsx" else _csv_rows(file, how, errors)
    for number, row in rows:
        if len(row) > MAX_COLUMNS:
            while len(row) > MAX_COLUMNS and not row[-1].strip():
                row.pop()
            if len(row) > MAX_COLUMNS:
                raise Unreadable(
                    _("第 %(row)d 行有 %(count)d 列，最多 %(limit)d 列。")
                    % {"row": number, "count": len(row), "limit": MAX_COLUMNS},
                    hint=_("请删掉用不到的列，或检查分隔符选得对不对。"),
                )
        # Most rows have something in their first cells: this is cheaper than joining all of them.
        if any(cell and not cell.isspace() for cell in row):
            yield number, row


def as_csv_text(data: bytes) -> str:
    """Return a small file as the text of a comma-separated table. Raises ``Unreadable``."""
    file = io.BytesIO(data)
    how = sniff(file)
    out = io.StringIO(newline="")
    csv.writer(out).writerows(row for _number, row in read_rows(file, how))
    return out.getvalue()


def _check_archive(file: IO[bytes]) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            names = {member.filename for member in members}
            packed = sum(member.compress_size for member in members)
            # zipfile never yields more than the declared size, so the declaration can be trusted.
            unpacked = sum(member.file_size for member in members)
            encrypted = any(member.flag_bits & 1 for member in members)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise Unreadable(_("文件损坏了，打不开。"), hint=_SAVE_AS) from error
    finally:
        file.seek(0)
    if "xl/workbook.xml" not in names:
        raise Unreadable(_("这是压缩包，不是表格。"), hint=_UNPACK)
    if encrypted:
        raise Unreadable(_("文件加了密码。"), hint=_("请去掉密码再上传。"))
    if len(members) > 5_000 or unpacked > MAX_EXPANDED:
        raise Unreadable(
            _("文件解开后太大（%(size)d MB，最多 %(limit)d MB）。")
            % {"size": unpacked >> 20, "limit": MAX_EXPANDED >> 20},
            hint=_("请分成几个文件，或另存为 CSV。"),
        )
    if unpacked > _RATIO_FROM and unpacked > MAX_RATIO * max(packed, 1):
        raise Unreadable(
            _("文件的压缩比不正常，像是一个“压缩炸弹”，没有打开它。"), hint=_("请另存为 CSV 再上传。")
        )


def _encoding(file: IO[bytes], head: bytes) -> str:
    for mark, name in _BOMS:
        if head.startswith(mark):
            if name == "utf-16":
                _refuse_nul_text(file, name)
                return name
            if (place := _first_bad(file, name)) is None:
                return name
            raise Unreadable(
                _("文件开头说自己是 UTF-8，但第 %(line)d 行附近不是。") % {"line": place}, hint=_SAVE_AS
            )
    if name := _unmarked_utf16(head):
        _refuse_nul_text(file, name)
        return name
    _refuse_nul_bytes(file)
    for name in ("utf-8", "gb18030"):
        if _first_bad(file, name) is None:
            return name
    raise Unreadable(
        _("认不出文件的编码，里面有不是文字的内容。"),
        hint=_("请在 Excel 里“另存为”选“CSV UTF-8”，再上传。"),
    )


def _unmarked_utf16(head: bytes) -> str:
    """UTF-16 without a mark shows by zero bytes on one side of commas and digits; "" if it does not."""
    sample = head[:2000]
    high_first, low_first = sample[0::2].count(0), sample[1::2].count(0)
    if max(high_first, low_first) <= len(sample) // 10 or max(high_first, low_first) < 8 * min(
        high_first, low_first
    ):
        return ""
    return "utf-16-be" if high_first > low_first else "utf-16-le"


def _refuse_nul_bytes(file: IO[bytes]) -> None:
    file.seek(0)
    line = 1
    while chunk := file.read(_CHUNK):
        if (at := chunk.find(b"\0")) >= 0:
            _raise_nul(line + chunk.count(b"\n", 0, at))
        line += chunk.count(b"\n")


def _refuse_nul_text(file: IO[bytes], encoding: str) -> None:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    line = 1
    while chunk := file.read(_CHUNK):
        text = decoder.decode(chunk)
        if (at := text.find("\0")) >= 0:
            _raise_nul(line + text.count("\n", 0, at))
        line += text.count("\n")


def _raise_nul(line: int) -> None:
    raise Unreadable(
        _("第 %(line)d 行附近有空字节（NUL），文件不完整或不是文本。") % {"line": line},
        hint=_("请重新导出一次；如果是 Excel 文件，请另存为 .xlsx 或 CSV。"),
    )


def _first_bad(file: IO[bytes], encoding: str) -> int | None:
    """The line near which ``file`` stops being ``encoding``, or None."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    while True:
        chunk = file.read(_CHUNK)
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            return line + bytes(error.object).count(b"\n", 0, error.start)
        if not chunk:
            return None
        line += chunk.count(b"\n")


def _delimiter(sample: str) -> str:
    """The separator under which the first rows have the most, and equally many, cells."""
    best, found = 0.0, ","
    for delimiter in _DELIMITERS:
        try:
            rows = [
                row for row in _parse(io.StringIO(sample[:64_000], newline=""), delimiter, 20) if any(row)
            ]
        except csv.Error:
            continue
        # the last row of a cut sample may be cut as well
        widths = [len(row) for row in (rows[:-1] or rows)]
        if not widths or widths[0] < 2:
            continue
        same = sum(width == widths[0] for width in widths) / len(widths)
        if (score := same * min(widths[0], MAX_COLUMNS)) > best:
            best, found = score, delimiter
    return found


def _parse(lines: Any, delimiter: str, limit: int) -> Iterator[list[str]]:
    for count, row in enumerate(csv.reader(lines, delimiter=delimiter)):
        if count >= limit:
            return
        yield row


def _csv_rows(file: IO[bytes], how: Format, errors: str) -> Iterator[tuple[int, list[str]]]:
    encoding = "utf-8-sig" if how.encoding == "utf-8" else how.encoding
    try:
        text = io.TextIOWrapper(file, encoding=encoding, errors=errors, newline="")
    except LookupError as error:
        raise Unreadable(_("不认识的编码。"), hint=_("请换一种编码。")) from error
    csv.field_size_limit(MAX_CELL)
    reader = csv.reader(text, delimiter=how.delimiter)
    number = 0
    try:
        for row in reader:
            number += 1
            yield number, row
    except UnicodeDecodeError as error:
        raise Unreadable(
            _("第 %(row)d 行之后的内容不能按“%(encoding)s”读出来。")
            % {"row": number, "encoding": how.encoding.upper()},
            hint=_("请换一种编码，看预览里的字是不是对的。"),
        ) from error
    except csv.Error as error:
        if "field larger" in str(error):
            raise Unreadable(
                _("第 %(row)d 行有一个超过 %(limit)d 字的单元格。") % {"row": number + 1, "limit": MAX_CELL},
                hint=_("多半是前面少了一个引号；请在 Excel 里打开检查这一行，再另存一次。"),
            ) from error
        raise Unreadable(_("第 %(row)d 行的格式不对。") % {"row": number + 1}, hint=_SAVE_AS) from error
    finally:
        if not file.closed:
            text.detach()


def _xlsx_rows(file: IO[bytes]) -> Iterator[tuple[int, list[str]]]:
    from openpyxl import load_workbook

    _check_archive(file)
    try:
        book = load_workbook(file, read_only=True, data_only=True)
        sheet = next((s for s in book.worksheets if s.sheet_state == "visible"), None)
        if sheet is None:
            raise Unreadable(_("工作簿里没有可见的工作表。"), hint=_SAVE_AS)
        # A sheet may declare, or hold at its far corner, a million rows of 16,384 columns in a few kilobytes.
        sheet.reset_dimensions()
        filler = None
        for number, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS * 4, values_only=True), start=1):
            if row is filler or row.count(None) == len(row):
                filler = row  # rows that the file does not have are one and the same object
                continue
            cells = [_plain(value) for value in row]
            for cell in cells:
                if len(cell) > MAX_CELL:
                    raise Unreadable(
                        _("第 %(row)d 行有一个超过 %(limit)d 字的单元格。")
                        % {"row": number, "limit": MAX_CELL},
                        hint=_("请删掉或缩短它。"),
                    )
            yield number, cells
        book.close()
    except Unreadable:
        raise
    except Exception as error:  # openpyxl raises whatever the broken XML makes it raise
        raise Unreadable(_("文件损坏了，打不开。"), hint=_SAVE_AS) from error


def _plain(value: object) -> str:
    """A cell as a person sees it: whole numbers without ``.0``, dates as dates."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "是" if value else "否"
        case float() if value.is_integer():
            return str(int(value))
        case datetime() if value.time() == time.min:
            return value.date().isoformat()
        case datetime():
            return value.isoformat(sep=" ", timespec="seconds")
        case date() | time():
            return value.isoformat()
        case _:
            return str(value)
