"""Taking in pictures that people upload (S3)."""

import struct
from io import BytesIO
from uuid import uuid4

from django.core.files.base import ContentFile, File
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from apps.core.errors import Invalid

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 40_000_000
#: Chat platforms take 2 MB; phones' photos are larger. Longest side after scaling, in pixels.
LONGEST_SIDE = 2_560
_CHAT_BYTES = 2 * 1024 * 1024
#: What Pillow raises for tags of another type than they should have.
_ODD_EXIF = (ArithmeticError, AttributeError, EOFError, LookupError, TypeError, struct.error)
_SUFFIX = {"JPEG": "jpg", "PNG": "png"}


def clean_picture(file: File) -> ContentFile:
    """Check a picture by its content and return a clean copy under a name of its own.

    The copy is drawn anew, so that nothing but pixels is kept: no position, no owner's name, nothing hidden
    behind the picture. Raises ``Invalid`` for anything but a sound JPEG or PNG within the limits.
    """
    data, kind = _redrawn(file)
    return ContentFile(data, name=f"{uuid4().hex}.{_SUFFIX[kind]}")


def _redrawn(file: File) -> tuple[bytes, str]:
    if (file.size or 0) > MOST_BYTES:
        raise Invalid(
            _("图片有 %(size).1f MB，超过了 10 MB。") % {"size": (file.size or 0) / 1024 / 1024},
            hint=_("压缩后再上传。"),
            field="file",
        )
    try:
        with Image.open(file, formats=list(_SUFFIX)) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise _too_many_pixels()
            kind = str(opened.format)
            opened.load()
            picture = ImageOps.exif_transpose(opened)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, *_ODD_EXIF) as error:
        raise Invalid(
            _("这个文件不是完好的 JPEG 或 PNG 图片。"),
            hint=_("用看图软件另存为 JPG 或 PNG，再上传。"),
            field="file",
        ) from error
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    if kind == "PNG":
        data = _saved(picture if picture.mode in {"RGB", "RGBA", "L", "P"} else picture.convert("RGB"), kind)
        if len(data) <= _CHAT_BYTES or picture.mode in {"RGBA", "P"}:
            return data, kind
    return _saved(picture.convert("RGB"), "JPEG"), "JPEG"


def _saved(picture: Image.Image, kind: str) -> bytes:
    buffer = BytesIO()
    # Pixels only: what a picture's file says beside them (position, owner) hangs on ``info``.
    clean = picture.convert("RGBA") if picture.mode == "P" else picture.copy()
    clean.info = {}
    if kind == "JPEG":
        clean.save(buffer, kind, quality=88, optimize=True)
    else:
        clean.save(buffer, kind, optimize=True)
    return buffer.getvalue()


def _too_many_pixels() -> Invalid:
    return Invalid(_("图片的像素太多了。"), hint=_("缩小到 4000 万像素以内，再上传。"), field="file")
