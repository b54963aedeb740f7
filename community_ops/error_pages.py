"""What is said when no view says it: a page for people, a problem for programs below ``/api/v1/``."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views import defaults

from apps.accounts.api.problems import answer, is_api


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if is_api(request):
        return answer(400, "invalid", _("请求读不懂。"))
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if is_api(request):
        return answer(403, "not_allowed", _("你不能这样做。"))
    return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if is_api(request):
        return answer(404, "not_found", _("没有这个地址。"))
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    if is_api(request):
        return answer(500, "error", _("系统出错了，已经记录。请稍后用同一个幂等键重试。"))
    return defaults.server_error(request)
