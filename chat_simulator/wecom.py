"""WeCom (企业微信) group robot: ``POST /cgi-bin/webhook/send?key=K``.

Codes and limits as developer.work.weixin.qq.com/document/path/91770 and go-workwx ``errcodes`` have
them. The verdict is in the body; the HTTP status is always 200.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from itertools import count
from typing import Any

from chat_simulator.http import Request, response
from chat_simulator.platforms import (
    Content,
    Platform,
    RefusalError,
    link,
    masked_phone,
    part_of,
    plain,
    read_payload,
    require,
    sized,
    texts,
    verdict_body,
)
from chat_simulator.robots import Robot

MAX_TEXT = 2048
MAX_MARKDOWN = 4096
MAX_IMAGE = 2 * 1024 * 1024
MAX_ARTICLES = 8

_OK = response(200, b'{"errcode":0,"errmsg":"ok"}')
_hints = count(1)
_MORE = "more info at https://open.work.weixin.qq.com/devtool/query?e="


class WeCom(Platform):
    name = "wecom"
    windows = ((20, 60.0),)
    penalty = 60.0
    well_formed = re.compile(r"[0-9A-Za-z_-]{8,128}")

    def key_of(self, request: Request) -> str | None:
        if request.path != "/cgi-bin/webhook/send":
            return None
        query = request.query
        if query.startswith("key=") and "&" not in query and "%" not in query and "+" not in query:
            return query[4:]
        return request.params.get("key", "")

    def unknown(self) -> RefusalError:
        return RefusalError(93000, "invalid webhook url")

    def disabled(self) -> RefusalError:
        return RefusalError(93004, "bot disabled")

    def read(self, robot: Robot, request: Request, now: float) -> Content:
        require(request.method == "POST", 43002, "require POST method")
        payload = read_payload(request.body, 47001, "data format error")
        kind = payload.get("msgtype")
        reader = _READERS.get(kind) if isinstance(kind, str) else None
        if reader is None:
            raise RefusalError(
                40008, "invalid message type (the simulator knows text, markdown, image, news)"
            )
        return reader(part_of(payload, str(kind), 40063, f"{kind} is empty"))

    def too_fast(self, wait: float) -> RefusalError:
        return RefusalError(45009, "api freq out of limit", wait=wait)

    def success(self, content: Content, message_id: int, now: float) -> bytes:
        return _OK

    def refusal(self, error: RefusalError, request: Request, now: float) -> bytes:
        hint = f"{int(now)}{next(_hints):013d}"
        noise = f"hint: [{hint}], from ip: {request.peer}, {_MORE}{error.code}"
        return verdict_body({"errcode": error.code, "errmsg": f"{error.reason}, {noise}"})


def _written(part: dict[str, Any], name: str, limit: int) -> str:
    value = part.get("content")
    require(value is None or isinstance(value, str), 40058, f"{name}.content must be a string")
    text, size = sized(value)
    require(text, 44004, "empty content")
    require(size <= limit, 40058, f"{name}.content exceed max length {limit}. invalid Request Parameter")
    return text


def _text(part: dict[str, Any]) -> Content:
    text = _written(part, "text", MAX_TEXT)
    if "mentioned_list" not in part and "mentioned_mobile_list" not in part:
        return Content("text", text)
    mentions = texts(part.get("mentioned_list"))
    mentions += [masked_phone(number) for number in texts(part.get("mentioned_mobile_list"))]
    return Content("text", text, {"mentions": mentions} if mentions else {})


def _markdown(part: dict[str, Any]) -> Content:
    return Content("markdown", _written(part, "markdown", MAX_MARKDOWN))


def _image(part: dict[str, Any]) -> Content:
    encoded, claimed = part.get("base64"), part.get("md5")
    require(isinstance(encoded, str) and encoded, 40063, "image.base64 is empty")
    require(isinstance(claimed, str) and claimed, 40063, "image.md5 is empty")
    assert isinstance(encoded, str)
    assert isinstance(claimed, str)
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise RefusalError(40058, "image.base64 is not base64. invalid Request Parameter") from None
    require(len(data) <= MAX_IMAGE, 45002, "image exceed max size 2097152")
    media_type = image_type(data)
    require(media_type, 40058, "image must be JPG or PNG. invalid Request Parameter")
    digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
    require(digest == claimed.lower(), 40058, "image.md5 not match. invalid Request Parameter")
    return Content("image", "[图片]", {"md5": digest, "size": len(data)}, image=(data, media_type))


def image_type(data: bytes) -> str:
    """The media type by the first bytes: JPG or PNG, else ""."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    return "image/jpeg" if data.startswith(b"\xff\xd8\xff") else ""


def _news(part: dict[str, Any]) -> Content:
    articles = part.get("articles")
    require(isinstance(articles, list) and articles, 40063, "news.articles is empty")
    assert isinstance(articles, list)
    require(len(articles) <= MAX_ARTICLES, 45008, "article count exceed max 8")
    cards = []
    for article in articles:
        require(isinstance(article, dict), 40058, "article must be an object. invalid Request Parameter")
        title, url = plain(article.get("title"), 512), link(article.get("url"))
        require(title, 40063, "article.title is empty")
        require(url, 40063, "article.url is empty or not http(s)")
        summary, picture = plain(article.get("description"), 1024), link(article.get("picurl"))
        cards.append({"title": title, "description": summary, "url": url, "picture": picture})
    return Content("news", "\n".join(card["title"] for card in cards), {"cards": cards})


_READERS = {"text": _text, "markdown": _markdown, "markdown_v2": _markdown, "image": _image, "news": _news}
