"""Tencent Cloud's request signature TC3-HMAC-SHA256 (cloud.tencent.com/document/api/382/52072)."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

_SCHEME = "TC3-HMAC-SHA256"


def authorization(
    headers: Mapping[str, str], body: bytes, *, service: str, secret_id: str, secret_key: str, stamp: int
) -> str:
    """The ``Authorization`` header of a POST to ``/``. ``headers`` (lower-case names) are all that is signed;
    ``stamp`` in seconds since 1970, as in ``X-TC-Timestamp``."""
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name].strip().lower()}\n" for name in sorted(headers))
    request = f"POST\n/\n\n{lines}\n{names}\n{_digest(body)}"
    date = datetime.fromtimestamp(stamp, UTC).date().isoformat()
    scope = f"{date}/{service}/tc3_request"
    message = f"{_SCHEME}\n{stamp}\n{scope}\n{_digest(request.encode())}"
    key = f"TC3{secret_key}".encode()
    for part in (date, service, "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, message.encode(), hashlib.sha256).hexdigest()
    return f"{_SCHEME} Credential={secret_id}/{scope}, SignedHeaders={names}, Signature={signature}"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
