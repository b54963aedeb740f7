"""Reading a verb's parameters: what comes from outside becomes what the mechanic expects, or is refused."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.campaigns.mechanics.base import Param, ParamKind, Verb
from apps.core.errors import Invalid

_TRUE = frozenset({True, "true", "1", "on", "yes"})
_FALSE = frozenset({False, "false", "0", "", "no", "off"})
#: Control characters have no place in a text that others read (tabs and line ends have), and halves of surrogate
#: pairs, which JSON can spell, in none that is stored. Nor what is invisible: two names must not look the same.
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)


def read_params(verb: Verb, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The verb's parameters by key, typed; unknown names are ignored, so that no client can smuggle anything in.

    Raises ``Invalid`` with ``field``.
    """
    return {
        param.key: value for param in verb.params if (value := _read(param, raw.get(param.key))) is not None
    }


def _read(param: Param, raw: Any) -> Any:
    if raw is None or raw == "" or raw == []:
        if param.is_required:
            raise _wrong(param, _("请填“%(label)s”。"))
        return None
    try:
        return _READERS[param.kind](param, raw)
    except (TypeError, ValueError) as error:
        raise _wrong(param, _("“%(label)s”填得不对。")) from error


def _wrong(param: Param, message: Any) -> Invalid:
    return Invalid(message % {"label": param.label}, hint=param.help, field=param.key)


def _text(param: Param, raw: Any) -> str | None:
    if not isinstance(raw, str):
        raise TypeError(raw)
    text = _CONTROL.sub("", raw).strip()
    if len(text) > param.most:
        raise Invalid(
            _("“%(label)s”最多 %(most)d 个字。") % {"label": param.label, "most": param.most}, field=param.key
        )
    if not text and param.is_required:
        raise _wrong(param, _("请填“%(label)s”。"))
    return text


def _integer(param: Param, raw: Any) -> int:
    if isinstance(raw, (bool, float)) or len(str(raw)) > 18:
        raise TypeError(raw)
    number = int(raw)
    if not param.least <= number <= param.most:
        raise Invalid(
            _("“%(label)s”要在 %(least)d 到 %(most)d 之间。")
            % {"label": param.label, "least": param.least, "most": param.most},
            field=param.key,
        )
    return number


def _boolean(param: Param, raw: Any) -> bool:
    if isinstance(raw, (bool, str)):
        if raw in _TRUE:
            return True
        if raw in _FALSE:
            return False
    raise TypeError(raw)


def _photos(param: Param, raw: Any) -> list[str]:
    names = [raw] if isinstance(raw, str) else raw
    if not isinstance(names, Sequence) or not all(
        isinstance(name, str) and len(name) <= 200 for name in names
    ):
        raise TypeError(raw)
    if len(names) > param.most:
        raise Invalid(
            _("“%(label)s”最多 %(most)d 张。") % {"label": param.label, "most": param.most}, field=param.key
        )
    return [_CONTROL.sub("", name) for name in names]


def _part(param: Param, raw: Any) -> int:
    if isinstance(raw, (bool, float)) or len(str(raw)) > 18:
        raise TypeError(raw)
    return int(raw)


def _entry(param: Param, raw: Any) -> str:
    if not isinstance(raw, str) or not re.fullmatch(r"[\w-]{1,20}", raw, re.ASCII):
        raise ValueError(raw)
    return raw


_READERS: dict[ParamKind, Any] = {
    ParamKind.TEXT: _text,
    ParamKind.INTEGER: _integer,
    ParamKind.BOOLEAN: _boolean,
    ParamKind.PHOTOS: _photos,
    ParamKind.PART: _part,
    ParamKind.ENTRY: _entry,
}
