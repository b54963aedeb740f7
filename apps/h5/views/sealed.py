"""What a log-in carries from one page to the next: in a cookie that its reader can neither read nor change.

A phone never stands in an address, where logs and histories would keep it.
"""

import json
from datetime import timedelta
from typing import Any

from cryptography.fernet import InvalidToken
from django.http import HttpRequest, HttpResponse

from apps.core.secrets import decrypt, encrypt
from apps.h5.views.base import keep, now_of, visitor_token

_LONGEST = 3_000


def seal(
    request: HttpRequest, response: HttpResponse, name: str, data: dict[str, Any], life: timedelta
) -> None:
    """Keep ``data`` (JSON) under ``name`` for ``life``, for this browser alone."""
    until = (now_of(request) + life).timestamp()
    content = {"name": name, "visitor": visitor_token(request), "until": until, "data": data}
    keep(response, name, encrypt(json.dumps(content)), int(life.total_seconds()))


def unseal(request: HttpRequest, name: str) -> dict[str, Any] | None:
    """What was kept; ``None`` if there is nothing, it is too old, another's, or was not ours."""
    token = request.COOKIES.get(name, "")
    if not token or len(token) > _LONGEST or not token.isascii():
        return None
    try:
        content: dict[str, Any] = json.loads(decrypt(token))
    except (InvalidToken, ValueError):
        return None
    is_ours = content.get("name") == name and content.get("visitor") == visitor_token(request)
    return content["data"] if is_ours and content["until"] > now_of(request).timestamp() else None


def unkeep(response: HttpResponse, *names: str) -> None:
    """Have the browser forget these cookies."""
    for name in names:
        response.delete_cookie(name, path="/", samesite="Lax")
