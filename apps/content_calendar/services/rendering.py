"""Putting values into a post's text.

The language has one construct, ``{{ name }}``. It is not a template engine: no filters, no tags, no
attribute look-up, and a value is never read again, so that no value can act (S6).
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from difflib import get_close_matches

from django.utils.translation import gettext as _

from apps.channels.enums import ContentKind
from apps.content_calendar.services.variables import VARIABLES
from apps.core.errors import Invalid

_VARIABLE = re.compile(r"\{\{([^{}\n]*)\}\}")
_LOOSE = re.compile(r"\{\{|\}\}|｛｛|｝｝")
# Platforms differ in how they escape Markdown, if they do at all; a full-width twin reads the same in Chinese
# and means nothing on any of them.
_MARKDOWN_TWINS = str.maketrans("*_`~[]<>#|\\", "＊＿｀～［］＜＞＃｜＼")


def render(text: str, variables: Mapping[str, str], *, kind: str = ContentKind.TEXT) -> str:
    """Return ``text`` with every ``{{ name }}`` replaced by its value, escaped as ``kind`` needs.

    Raises ``Invalid`` that names an unknown variable with the nearest known one, or a brace left open.
    """
    check_syntax(text)
    escape = _ESCAPES.get(kind, _escape_plain)
    return _VARIABLE.sub(lambda match: escape(variables[match[1].strip()]), text)


def variables_in(text: str) -> set[str]:
    """Names of the variables used in ``text``, known or not."""
    return {match[1].strip() for match in _VARIABLE.finditer(text)}


def check_syntax(text: str) -> None:
    """Raise ``Invalid`` for the first thing in ``text`` that is not a known variable, well written."""
    for match in _VARIABLE.finditer(text):
        name = match[1].strip()
        if name not in VARIABLES:
            raise Invalid(
                _("没有名叫“%(name)s”的变量。") % {"name": name or " "},
                hint=_nearest(name),
                code="unknown_variable",
                field="body",
            )
    if loose := _LOOSE.search(_VARIABLE.sub("", text)):
        raise Invalid(
            _("“%(brace)s”附近的变量没有写完整。") % {"brace": loose[0]},
            hint=_("变量要用半角双花括号，写成 {{ group.name }} 这样；点编辑框旁的变量可以直接插入。"),
            code="broken_variable",
            field="body",
        )


def _nearest(name: str) -> str:
    by_word = {known: known for known in VARIABLES} | {str(v.label): v.name for v in VARIABLES.values()}
    for known in VARIABLES:
        by_word.setdefault(known.partition(".")[2], known)
    close = get_close_matches(name.lower(), by_word, n=1, cutoff=0.5)
    if close:
        return _("是不是想写 {{ %(name)s }}？") % {"name": by_word[close[0]]}
    return _("可用的变量列在编辑框旁边，点一下就能插入。")


def _escape_plain(value: str) -> str:
    """One line without control characters; a mention (``<@all>``) loses its power."""
    line = "".join(" " if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} else c for c in value)
    return " ".join(line.split()).replace("<@", "＜@")


def _escape_markdown(value: str) -> str:
    return _escape_plain(value).translate(_MARKDOWN_TWINS)


_ESCAPES: dict[str, Callable[[str], str]] = {ContentKind.MARKDOWN: _escape_markdown}
