"""A batch's body: JSON, plain or gzipped, of bounded length both ways (S3)."""

import zlib
from typing import IO, Any

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser

from apps.accounts.api.bodies import TooLarge, read_object

MOST_SENT = 8 * 1024 * 1024
MOST_EXPANDED = 16 * 1024 * 1024
_GZIP = 16 + zlib.MAX_WBITS


class BatchParser(BaseParser):
    """At most 8 MB as sent and 16 MB expanded; read no further than that."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None
    ) -> dict[str, Any]:
        raw = stream.read(MOST_SENT + 1)
        if len(raw) > MOST_SENT:
            raise TooLarge(_("请求内容太大：最多 8 MB，解压后 16 MB。"))
        encoding = parser_context["request"].META.get("HTTP_CONTENT_ENCODING", "").strip().lower()
        if encoding == "gzip":
            raw = _expanded(raw)
        elif encoding not in ("", "identity"):
            raise UnsupportedMediaType(encoding[:40])
        return read_object(raw)


def _expanded(raw: bytes) -> bytes:
    expander = zlib.decompressobj(_GZIP)
    try:
        data = expander.decompress(raw, MOST_EXPANDED + 1)
    except zlib.error as error:
        raise ParseError(_("gzip 内容读不懂。")) from error
    if len(data) > MOST_EXPANDED:
        raise TooLarge(_("请求内容太大：最多 8 MB，解压后 16 MB。"))
    if not expander.eof or expander.unused_data:
        raise ParseError(_("gzip 内容不完整。"))
    return data
