"""Refusals as RFC 9457 ``application/problem+json``: one shape, whatever refused."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import exception_handler

from apps.core.errors import DomainError, Invalid, NotAllowed

MEDIA_TYPE = "application/problem+json"

#: What refused → status, for codes that say more than their class does. All else that was refused: 409.
_STATUS_OF_CODE = {
    "unknown_verb": 404,
    "not_found": 404,
    "coupon_unknown": 404,
    "unknown_member": 401,
    "not_yours": 403,
    "blocked": 403,
    "key_reused": 422,
    "too_many": 429,
    "too_large": 413,
}
_TITLES: dict[int, Promise] = {
    400: _("请求有误"),
    401: _("需要登录"),
    403: _("不允许"),
    404: _("没有找到"),
    405: _("这里没有这个方法"),
    406: _("给不出这种格式"),
    409: _("现在不能这样做"),
    413: _("内容太大"),
    415: _("读不懂这种格式"),
    422: _("幂等键用在了别的请求上"),
    429: _("操作太频繁"),
    500: _("系统出错了"),
}


class ProblemSerializer(serializers.Serializer[dict[str, Any]]):
    """For the API's description only."""

    type = serializers.CharField(help_text="urn:community-ops:problem:CODE")
    title = serializers.CharField(help_text="The same for every problem of this status.")
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What happened, for a person.")
    code = serializers.CharField(help_text="Stable word for programs: not_open, sold_out, key_reused …")
    hint = serializers.CharField(help_text="What to do next, for a person; may be empty.", allow_blank=True)
    field = serializers.CharField(help_text="Which input is wrong, if it is known.", allow_null=True)


def problem(
    status: int, code: str, detail: Any, *, hint: Any = "", field: str | None = None
) -> dict[str, Any]:
    """The body; its ``status`` is the HTTP status too."""
    title = _TITLES.get(status) or HTTPStatus(status).phrase
    return {
        "type": f"urn:community-ops:problem:{code}",
        "title": str(title),
        "status": status,
        "detail": str(detail),
        "code": code,
        "hint": str(hint),
        "field": field,
    }


def status_of(error: DomainError) -> int:
    """400 wrong input, 403 not allowed, 404, 422 and others by code, else 409: not now."""
    if error.code in _STATUS_OF_CODE:
        return _STATUS_OF_CODE[error.code]
    if isinstance(error, Invalid):
        return 400
    if isinstance(error, NotAllowed):
        return 403
    return 409


def handle_exception(exc: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's exception handler. ``None`` (a bug) goes on to the log and ``server_error``."""
    if isinstance(exc, DomainError):
        status = status_of(exc)
        body = problem(status, exc.code, exc.message, hint=exc.hint, field=exc.field)
        return Response(body, status=status, content_type=MEDIA_TYPE)
    response = exception_handler(exc, context)  # also rolls back, and says WWW-Authenticate and Retry-After
    if response is None:
        return None
    field, detail, code = _of_framework(exc)
    hint = (
        _("%(seconds)s 秒后再试。") % {"seconds": response["Retry-After"]}
        if "Retry-After" in response
        else ""
    )
    response.data = problem(response.status_code, code, detail, hint=hint, field=field)
    response.content_type = MEDIA_TYPE
    return response


def _of_framework(exc: Exception) -> tuple[str | None, Any, str]:
    """Field, sentence and code of an exception of Django or REST framework."""
    if isinstance(exc, exceptions.ValidationError):
        field, detail = _first(exc.detail)
        return field, detail, "invalid"
    if isinstance(exc, exceptions.Throttled):
        return None, _("操作太频繁了。"), "too_many"
    if isinstance(exc, exceptions.APIException):
        codes = exc.get_codes()
        return None, exc.detail, codes if isinstance(codes, str) else exc.default_code
    # Http404 and PermissionDenied: their own words may quote what was asked for.
    is_denied = type(exc).__name__ == "PermissionDenied"
    return (
        None,
        _("你不能这样做。") if is_denied else _("没有找到。"),
        "not_allowed" if is_denied else "not_found",
    )


def _first(detail: Any, path: str = "") -> tuple[str | None, Any]:
    """The first complaint, and where: ``items.0.code``."""
    if isinstance(detail, dict):
        key = next(iter(detail))
        return _first(detail[key], path if key == "non_field_errors" else f"{path}.{key}".strip("."))
    if isinstance(detail, list):
        number = next((n for n, item in enumerate(detail) if item), 0)
        nested = isinstance(detail[number], (dict, list))
        return _first(detail[number], f"{path}.{number}".strip(".") if nested else path)
    return path or None, detail


def answer(status: int, code: str, detail: Any) -> HttpResponse:
    """A problem outside of REST framework (no such address, a middleware, a bug)."""
    return JsonResponse(
        problem(status, code, detail),
        status=status,
        content_type=MEDIA_TYPE,
        json_dumps_params={"ensure_ascii": False},
    )


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/v1/")
