"""What every view for members shares. Who acts comes from the token, amounts from the rules, never from the body (S2)."""

from datetime import datetime
from typing import Any, cast

from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.accounts.api.bodies import BoundedJSONParser, ExactJSONRenderer
from apps.accounts.api.limits import EdgeLimits
from apps.accounts.api.origin import device_digest, ip_digest
from apps.campaigns.services.engine import Origin
from apps.core.clock import database_now
from apps.core.errors import Invalid
from apps.core.numbers import whole
from apps.members.api.authentication import IsMember, MemberActor, MemberTokenAuthentication

KEY_HEADER = "Idempotency-Key"
LONGEST_KEY = 80
MOST_ROWS = 100
_JSON = ExactJSONRenderer()


class PublicAPIView(APIView):
    """Anybody may look; a token, if there is one, must be good."""

    authentication_classes = [MemberTokenAuthentication]
    permission_classes: list[Any] = [AllowAny]
    throttle_classes = [EdgeLimits]
    parser_classes = [BoundedJSONParser]
    renderer_classes = [ExactJSONRenderer]

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """JSON, whatever is asked for: there is nothing else, and asking costs as much as a query."""
        return _JSON, _JSON.media_type


class MemberAPIView(PublicAPIView):
    """Only with a member's token."""

    permission_classes = [IsMember]


def now_of(request: Request) -> datetime:
    """The database's clock for this request: the one that judged the token, when there is one (D7)."""
    return request.user.at if isinstance(request.user, MemberActor) else database_now()


def key_of(request: Request) -> str:
    """The Idempotency-Key, 1 to 80 printable ASCII characters (C11). Raises ``Invalid``."""
    key = request.headers.get(KEY_HEADER, "").strip()
    if not key:
        raise Invalid(
            _("缺少 Idempotency-Key 请求头。"),
            hint=_("每次操作换一个随机值，重试用同一个。"),
            code="key_missing",
            field=KEY_HEADER,
        )
    if len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise Invalid(
            _("Idempotency-Key 不合格式。"),
            hint=_("用 1 到 80 个可见的 ASCII 字符，例如 UUID。"),
            code="key_invalid",
            field=KEY_HEADER,
        )
    return key


def params_of(request: Request) -> dict[str, Any]:
    """The body as the parameters of a verb; which of them count, the engine decides."""
    return cast(dict[str, Any], request.data)  # BoundedJSONParser gives nothing else


def origin_of(request: Request) -> Origin:
    """Salted digests of address and device, for the risk rules (C13)."""
    return Origin(ip_digest(request._request), device_digest(request._request))


def whole_number(request: Request, name: str, *, default: int, most: int, least: int = 1) -> int:
    """A query parameter within its bounds. Raises ``Invalid`` naming it."""
    text = request.query_params.get(name, "")
    if not text:
        return default
    number = whole(text, at_least=least, at_most=most)
    if number is None:
        raise Invalid(
            _("“%(name)s”要是 %(least)d 到 %(most)d 的整数。") % {"name": name, "least": least, "most": most},
            field=name,
        )
    return number


def flag(request: Request, name: str) -> bool:
    """A query parameter that is on: ``1`` or ``true``."""
    return request.query_params.get(name, "").lower() in ("1", "true")
