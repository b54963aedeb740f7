"""Pictures that were sent with a form: kept at once, and usable only by the browser that sent them."""

import hashlib
from collections.abc import Iterable
from pathlib import PurePosixPath

from django.core.files.base import File
from django.core.signing import BadSignature, TimestampSigner

from apps.campaigns.services.photos import FOLDER, keep_photos

#: Seconds in which a form with pictures is filled in to the end, log-in included.
FRESH = 2 * 3600


def keep_uploads(files: Iterable[File], *, visitor_token: str) -> list[str]:
    """Store pictures and return a signed token for each. Raises ``Invalid`` for what is no sound picture (S3)."""
    names = keep_photos(files, uploader=_mark(visitor_token))
    return [_signer(visitor_token).sign(PurePosixPath(name).name) for name in names]


def reference_of(token: str, *, visitor_token: str) -> str | None:
    """The reference behind a token, as verbs take it; ``None`` for another's, a forged or an old one."""
    try:
        return f"{FOLDER}/{_signer(visitor_token).unsign(token, max_age=FRESH)}"
    except BadSignature:
        return None


def _signer(visitor_token: str) -> TimestampSigner:
    return TimestampSigner(salt=f"h5.photo.{_mark(visitor_token)}")


def _mark(visitor_token: str) -> str:
    return hashlib.sha256(visitor_token.encode()).hexdigest()
