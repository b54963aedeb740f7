"""Small text tables: bytes to text, and cells that cannot turn into formulas (S3, S5)."""

import re

from django.utils.translation import gettext_lazy as _

from apps.core.errors import Invalid

_RISKY = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r]")


def neutralise(cell: str) -> str:
    """Return ``cell`` so that a spreadsheet shows it as text; ``restore`` gives it back unchanged."""
    return f"'{cell}" if _RISKY.match(cell) else cell


def restore(cell: str) -> str:
    """Undo ``neutralise``."""
    return cell[1:] if _ESCAPED.match(cell) else cell


def decode_table(data: bytes) -> str:
    """Return the text of a CSV file: by its BOM, else strict UTF-8, else GB18030.

    Raises ``Invalid`` with a sentence for workbooks, PDFs, NUL bytes and bytes of no known encoding.
    """
    if data[:4] == b"PK\x03\x04" or data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise Invalid(
            _("这是一个 Excel 工作簿，不是 CSV。"), hint=_("请在 Excel 里另存为“CSV UTF-8”再上传。")
        )
    if data[:5] == b"%PDF-":
        raise Invalid(_("这是一个 PDF 文件。"), hint=_("请上传 CSV。"))
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
        if b"\x00" in data:
            raise Invalid(_("文件里有空字节，像是二进制文件。"), hint=_("请另存为 CSV 再上传。"))
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid(_("认不出文件的编码。"), hint=_("请另存为 UTF-8 的 CSV 再上传。"))
