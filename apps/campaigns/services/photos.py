"""Pictures that go with what members do: screenshots, listed things."""

from collections.abc import Iterable

from django.core.files.base import File
from django.core.files.storage import default_storage

from apps.core.pictures import clean_picture

#: Where they lie in the media store; reached only through views that check who looks.
FOLDER = "campaigns/photos"


def keep_photos(files: Iterable[File]) -> list[str]:
    """Store pictures, drawn anew (S3); returns their references, as verbs take them. Raises ``Invalid``."""
    clean = [clean_picture(file) for file in files]
    return [default_storage.save(f"{FOLDER}/{file.name}", file) for file in clean]
