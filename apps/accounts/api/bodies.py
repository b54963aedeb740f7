"""JSON in: bounded, an object, storable, whoever sent it. JSON out: money as text."""

import json
import math
import re
from decimal import Decimal
from typing import IO, Any

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer
from rest_framework.utils.encoders import JSONEncoder

MOST_BYTES = 64 * 1024
_MOST_INTEGER = 2**63 - 1
#: The only ways to write NUL or half a character in JSON of valid UTF-8; whole pairs (emoji) look the same at first.
_ESCAPED = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class TooLarge(APIException):
    status_code = 413
    default_detail = _("请求内容太大，最多 64 KB。")
    default_code = "too_large"


class BoundedJSONParser(BaseParser):
    """A JSON object of at most 64 KB in UTF-8; an empty body is an empty object.

    Refused besides: NUL and half of a surrogate pair, which PostgreSQL cannot store and which escapes may hide,
    NaN and infinities, integers of more than 64 bits, and nesting deeper than Python can follow.
    """

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None
    ) -> dict[str, Any]:
        raw = stream.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise TooLarge
        return read_object(raw)


def read_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in ``raw``, judged as ``BoundedJSONParser`` says but for its length. Raises ``ParseError``."""
    try:
        data = _DECODER.decode(raw.decode("utf-8")) if raw.strip() else {}
    except (ValueError, RecursionError) as error:
        raise ParseError(_("请求内容不是有效的 JSON。")) from error
    if not isinstance(data, dict):
        raise ParseError(_("请求内容要是一个 JSON 对象。"))
    if _ESCAPED.search(raw) and not _is_storable(data):
        raise ParseError(_("请求里有不能保存的字符。"))
    return data


def _is_storable(data: Any) -> bool:
    """Neither NUL nor half a character in any text of it. Without recursion: it may be nested deeply."""
    waiting = [data]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item.keys())
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, str) and _UNSTORABLE.search(item):
            return False
    return True


def _refuse(word: str) -> None:
    raise ValueError(word)


def _integer(digits: str) -> int:
    number = int(digits)
    if abs(number) > _MOST_INTEGER:
        raise ValueError(digits[:20])
    return number


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(digits[:20])
    return number


_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_int=_integer, parse_float=_float)


class ExactEncoder(JSONEncoder):
    """REST framework's own turns a Decimal into a float."""

    def default(self, obj: Any) -> Any:
        return str(obj) if isinstance(obj, Decimal) else super().default(obj)


class ExactJSONRenderer(JSONRenderer):
    """Decimals as text: ``"49.90"`` and never 49.9, which a client would add up wrongly."""

    encoder_class = ExactEncoder
