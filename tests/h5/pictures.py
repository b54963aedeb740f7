"""Pictures as phones send them."""

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image


def jpeg(
    size: tuple[int, int] = (640, 480), *, colour: str = "teal", name: str = "照片.jpg", **options: Any
) -> SimpleUploadedFile:
    """An upload with a sound JPEG of one colour."""
    buffer = BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG", **options)
    return SimpleUploadedFile(name, buffer.getvalue(), "image/jpeg")
