"""Typed fields of blocks: words for the form that edits them, and cleaning of what comes back."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.campaigns.blocks.richtext import clean_source, plain_text
from apps.core.errors import Invalid

type Text = str | Promise

#: A reference to a ``LandingPicture``.
TOKEN = re.compile(r"[A-Za-z0-9_-]{8,32}")
MOST_MONEY = Decimal("9999999.99")


class FieldKind(StrEnum):
    """``list``: lines. ``pairs``: rows of two texts. ``money``: yuan as text with two places. ``picture`` and
    ``pictures``: tokens of the campaign's pictures. ``link``: https, or a path of member pages."""

    TEXT = "text"
    LONG = "long"
    LIST = "list"
    PAIRS = "pairs"
    PICTURE = "picture"
    PICTURES = "pictures"
    NUMBER = "number"
    MONEY = "money"
    LINK = "link"
    BOOLEAN = "boolean"
    CHOICE = "choice"


@dataclass(frozen=True)
class Field:
    """``most``: longest text, most lines, rows or pictures, greatest number. ``each``: longest text of a line or
    of a row's cells. ``must_be_true``: a promise the editor has to make before it is published."""

    key: str
    label: Text
    kind: FieldKind = FieldKind.TEXT
    help: Text = ""
    most: int = 60
    least: int = 0
    each: tuple[int, ...] = (60,)
    is_required: bool = False
    choices: tuple[tuple[str, Text], ...] = ()
    columns: tuple[Text, ...] = ()
    default: Any = None
    must_be_true: bool = False

    def described(self) -> dict[str, Any]:
        """For the editor: key, label, kind, help, most, least, each, is_required, choices, columns, default."""
        return {
            "key": self.key,
            "label": self.label,
            "kind": self.kind.value,
            "help": self.help,
            "most": self.most,
            "least": self.least,
            "each": list(self.each),
            "is_required": self.is_required or self.must_be_true,
            "choices": list(self.choices),
            "columns": list(self.columns),
            "default": self.empty(),
        }

    def empty(self) -> Any:
        """The value of a field that was left out."""
        if isinstance(self.default, Promise):
            return str(self.default)
        if self.default is not None:
            return self.default
        if self.kind in (FieldKind.LIST, FieldKind.PAIRS, FieldKind.PICTURES):
            return []
        return {FieldKind.BOOLEAN: False, FieldKind.NUMBER: self.least}.get(self.kind, "")

    def clean(self, raw: Any, *, is_draft: bool) -> Any:
        """``raw`` as it is kept; raises ``Invalid(field=key)``. A draft may lack what is required."""
        try:
            value = self.empty() if raw is None else _READERS[self.kind](self, raw)
        except (TypeError, ValueError, InvalidOperation) as error:
            raise Invalid(
                _("“%(label)s”填得不对。") % {"label": self.label},
                hint=_HINTS[self.kind](self),
                field=self.key,
            ) from error
        if is_draft:
            return value
        if self.must_be_true and value is not True:
            raise Invalid(
                _("请先确认“%(label)s”。") % {"label": self.label},
                hint=_("只放真人真事；不能确认的，请删掉这一块。"),
                field=self.key,
            )
        if self.is_required and value in ("", []):
            raise Invalid(
                _("“%(label)s”还没有填。") % {"label": self.label},
                hint=_("填好它，或删掉这一块。"),
                field=self.key,
            )
        return value


def _line(raw: Any, most: int) -> str:
    if not isinstance(raw, str):
        raise TypeError(raw)
    text = plain_text(raw, is_line=True)
    if len(text) > most:
        raise ValueError(raw)
    return text


def _long(field: Field, raw: Any) -> str:
    if not isinstance(raw, str) or len(raw) > 10 * field.most:
        raise ValueError(raw)
    text = clean_source(raw)
    if len(text) > field.most:
        raise ValueError(raw)
    return text


def _rows(raw: Any) -> list[Any]:
    """Rows from a list, or the lines of a text."""
    rows = raw.splitlines() if isinstance(raw, str) else raw
    if not isinstance(rows, (list, tuple)):
        raise TypeError(raw)
    return list(rows)


def _few(field: Field, rows: list[Any]) -> list[Any]:
    if len(rows) > field.most:
        raise ValueError(rows)
    return rows


def _list(field: Field, raw: Any) -> list[str]:
    lines = [_line(row, field.each[0]) for row in _rows(raw)]
    return _few(field, [line for line in lines if line])


def _pairs(field: Field, raw: Any) -> list[list[str]]:
    pairs = []
    for row in _rows(raw):
        cells = re.split(r"[|｜]", row, maxsplit=1) if isinstance(row, str) else list(row)
        left, right = (*cells, "")[:2] if len(cells) < 2 else cells
        pair = [_line(left, field.each[0]), _line(right, field.each[-1])]
        if any(pair):
            pairs.append(pair)
    return _few(field, pairs)


def _token(raw: Any) -> str:
    if not isinstance(raw, str) or (raw and not TOKEN.fullmatch(raw)):
        raise ValueError(raw)
    return raw


def _pictures(field: Field, raw: Any) -> list[str]:
    tokens = [_token(row.strip() if isinstance(row, str) else row) for row in _rows(raw)]
    return _few(field, [token for token in tokens if token])


def _number(field: Field, raw: Any) -> int:
    if isinstance(raw, (bool, float)):
        raise TypeError(raw)
    number = int(raw)
    if not field.least <= number <= field.most:
        raise ValueError(raw)
    return number


def _money(_field: Field, raw: Any) -> str:
    if isinstance(raw, (bool, float)):
        raise TypeError(raw)
    if raw == "":
        return ""
    amount = Decimal(str(raw).strip())
    if not amount.is_finite() or not 0 <= amount <= MOST_MONEY or amount != round(amount, 2):
        raise ValueError(raw)
    return f"{amount:.2f}"


def _link(field: Field, raw: Any) -> str:
    """An https address or a path of member pages: no script, no other scheme, no address hidden behind a name."""
    link = _line(raw, field.most)
    if not link:
        return ""
    if "\\" in link or " " in link:
        raise ValueError(raw)
    if link.startswith(("/m/", "/s/")) and "//" not in link:
        return link
    parts = urlsplit(link)
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
        raise ValueError(raw)
    return link


def _boolean(_field: Field, raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise TypeError(raw)
    return raw


def _choice(field: Field, raw: Any) -> str:
    if raw not in {key for key, _label in field.choices}:
        raise ValueError(raw)
    return str(raw)


_READERS: dict[FieldKind, Any] = {
    FieldKind.TEXT: lambda field, raw: _line(raw, field.most),
    FieldKind.LONG: _long,
    FieldKind.LIST: _list,
    FieldKind.PAIRS: _pairs,
    FieldKind.PICTURE: lambda _field, raw: _token(raw),
    FieldKind.PICTURES: _pictures,
    FieldKind.NUMBER: _number,
    FieldKind.MONEY: _money,
    FieldKind.LINK: _link,
    FieldKind.BOOLEAN: _boolean,
    FieldKind.CHOICE: _choice,
}
_HINTS: dict[FieldKind, Any] = {
    FieldKind.TEXT: lambda field: _("写一行字，最多 %(most)d 个字。") % {"most": field.most},
    FieldKind.LONG: lambda field: _("最多 %(most)d 个字。") % {"most": field.most},
    FieldKind.LIST: lambda field: (
        _("一行一条，最多 %(most)d 条，每条最多 %(each)d 个字。")
        % {"most": field.most, "each": field.each[0]}
    ),
    FieldKind.PAIRS: lambda field: (
        _("最多 %(most)d 行，左边最多 %(left)d 个字，右边最多 %(right)d 个字。")
        % {"most": field.most, "left": field.each[0], "right": field.each[-1]}
    ),
    FieldKind.PICTURE: lambda _field: _("请从已上传的图片里选。"),
    FieldKind.PICTURES: lambda field: _("请从已上传的图片里选，最多 %(most)d 张。") % {"most": field.most},
    FieldKind.NUMBER: lambda field: (
        _("请填 %(least)d 到 %(most)d 的整数。") % {"least": field.least, "most": field.most}
    ),
    FieldKind.MONEY: lambda _field: _("请填金额，最多两位小数，例如 99.00。"),
    FieldKind.LINK: lambda _field: _("请填 https:// 开头的网址，或本站 /m/ 开头的路径。"),
    FieldKind.BOOLEAN: lambda _field: _("请选是或否。"),
    FieldKind.CHOICE: lambda _field: _("请在列表里选。"),
}
