"""Posters: how many a second one process draws, and how many it hands out that are drawn already."""

import tempfile
import time
from collections.abc import Iterable
from dataclasses import replace
from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import override_settings
from PIL import Image

from apps.h5.services.posters import Content, poster_of
from apps.h5.services.posters.drawing import draw

_POSTERS = 40
_PLAIN = Content(
    theme="red",
    mark="帮",
    label="助力",
    headline="三位好友助力，夏日鲜果礼盒带回家",
    offer="3 位好友助力成功，领走鲜果礼盒",
    lines=("满 3 人：鲜果礼盒 1 份", "满 10 人：30 元无门槛券", "每人每天可帮 3 位朋友"),
    until="11月25日 周三 20:00 截止",
    name="王小明",
    call="邀请你一起来",
    url="https://community.example.com/s/AbCdEf1234",
    picture="",
)


def run() -> Iterable[dict]:
    with tempfile.TemporaryDirectory() as folder, override_settings(MEDIA_ROOT=folder):
        picture = default_storage.save("landing/photo.webp", ContentFile(_photo()))
        for case, content in (("plain", _PLAIN), ("picture", replace(_PLAIN, picture=picture))):
            draw(content)  # the first one loads the fonts
            seconds, size = _timed([replace(content, name=f"成员{n}") for n in range(_POSTERS)])
            yield {
                "case": f"drawn_{case}",
                "posters": _POSTERS,
                "per_second": round(_POSTERS / seconds, 1),
                "milliseconds_each": round(seconds / _POSTERS * 1000, 1),
                "kilobytes_each": round(size / _POSTERS / 1024),
            }
        poster_of(_PLAIN)
        seconds, _size = _timed([_PLAIN] * 1_000)
        yield {"case": "kept", "posters": 1_000, "per_second": round(1_000 / seconds)}


def _timed(contents: list[Content]) -> tuple[float, int]:
    begin = time.perf_counter()
    size = sum(len(poster_of(content) or b"") for content in contents)
    return time.perf_counter() - begin, size


def _photo() -> bytes:
    """As busy as a photo: noise under a slope."""
    noise = Image.effect_noise((1080, 800), 40).convert("RGB")
    slope = Image.linear_gradient("L").resize((1080, 800))
    buffer = BytesIO()
    Image.composite(noise, Image.new("RGB", noise.size, "#2f7d4f"), slope).save(buffer, "WEBP", quality=82)
    return buffer.getvalue()
