"""Pictures that go with what members do: screenshots, listed things."""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import timedelta
from io import BytesIO
from pathlib import PurePosixPath

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image

from apps.core.pictures import clean_picture

#: Where they lie in the media store; reached only through views that check who looks.
FOLDER = "campaigns/photos"
#: Longest sides of the smaller copies that phones ask for, in pixels.
WIDTHS = (360, 900)
#: Well below the age at which unused pictures go (``unused_pictures``).
_FRESH = timedelta(hours=12)
_SUFFIXES = (".jpg", ".png")


def keep_photos(files: Iterable[File], *, uploader: str = "") -> list[str]:
    """Store pictures, drawn anew (S3); returns their references, as verbs take them. Raises ``Invalid``.

    With ``uploader`` (anything that names them) the same picture by the same uploader gets the same reference, so
    that a form that is sent again is the same request (C11). Nobody else can work it out.
    """
    return [_keep(file, uploader) for file in files]


def smaller(name: str, width: int) -> str:
    """The reference of a copy not wider or higher than ``width`` (of ``WIDTHS``) pixels, made when it is first asked for."""
    if width not in WIDTHS:
        raise ValueError(width)
    path = PurePosixPath(name)
    copy = f"{path.parent}/{width}/{path.name}"
    if not default_storage.exists(copy):
        with default_storage.open(name) as file, Image.open(file) as opened:
            kind = str(opened.format)
            picture = opened.copy()
        picture.thumbnail((width, width))
        buffer = BytesIO()
        picture.save(buffer, kind, optimize=True)
        # Two who ask at once may both make it: the second file lies unused beside the first.
        default_storage.save(copy, ContentFile(buffer.getvalue()))
    return copy


def _keep(file: File, uploader: str) -> str:
    stem = _stem(file, uploader) if uploader else ""
    for suffix in _SUFFIXES:
        known = f"{FOLDER}/{stem}{suffix}"
        if stem and default_storage.exists(known):
            if default_storage.get_modified_time(known) > timezone.now() - _FRESH:
                return known
            # Stored anew, or it might be thrown away as unused while this form is sent.
            default_storage.delete(known)
    clean = clean_picture(file)
    name = f"{stem}{PurePosixPath(str(clean.name)).suffix}" if stem else clean.name
    return default_storage.save(f"{FOLDER}/{name}", clean)


def _stem(file: File, uploader: str) -> str:
    mark = hmac.new(settings.SECRET_KEY.encode(), f"photo:{uploader}:".encode(), hashlib.sha256)
    for chunk in file.chunks():
        mark.update(chunk)
    file.seek(0)
    return mark.hexdigest()[:32]
