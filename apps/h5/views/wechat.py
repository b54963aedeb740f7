"""Logging in by WeChat, inside WeChat: there, back with a code, and in.

The way there is a link, not a form: the pages' policy lets no form lead to another host.
"""

import re
import secrets
from datetime import timedelta
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from apps.accounts.api.counters import Limit, counters
from apps.core.errors import DomainError
from apps.h5.providers.wechat_oauth import WechatUser, authorize_url
from apps.h5.services.binding import attach_wechat
from apps.h5.services.consents import TERMS_VERSION, has_agreed
from apps.h5.services.logging_in import log_in, member_of
from apps.h5.services.wechat import account, user_of_code
from apps.h5.views.base import now_of, origin_of, public_page, safe_next, viewer_of, visitor_token
from apps.h5.views.login import WECHAT_COOKIE, entered, offers_wechat
from apps.h5.views.problems import again, form_page, see_other
from apps.h5.views.sealed import seal, unkeep, unseal
from apps.members.enums import LoginWay

_STATE_LIFE = timedelta(minutes=10)
_STATE_SECONDS = 24 * 3600
_WORD = re.compile(r"[A-Za-z0-9_-]{1,200}")


@require_GET
@public_page
def wechat(request: HttpRequest) -> HttpResponse:
    """Off to WeChat with a state that only this browser can bring back."""
    asking = account()
    back = safe_next(request, request.GET.get("next", ""))
    if asking is None or not offers_wechat(request):
        return see_other(f"{reverse('h5:login')}?next={quote(back)}")
    state = secrets.token_hex(20)
    home = settings.SITE_URL.rstrip("/") + reverse("h5:wechat_back")
    response = HttpResponseRedirect(authorize_url(asking, redirect_uri=home, state=state))
    seal(request, response, WECHAT_COOKIE, {"state": state, "next": back}, _STATE_LIFE)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@public_page
def wechat_back(request: HttpRequest) -> HttpResponse:
    """GET: back from WeChat. Who is known is in; somebody new agrees to the terms first (POST)."""
    kept = unseal(request, WECHAT_COOKIE) or {}
    if request.method == "POST":
        return _agreed(request, kept)
    if "openid" in kept and "state" not in request.GET:
        return form_page(request, "h5/login_wechat.html", {"terms_version": TERMS_VERSION})
    code = request.GET.get("code", "")
    if not _is_our_state(request, kept):
        if viewer_of(request) is not None:
            # Browsers ask for this address twice now and then; the first time has done it.
            return see_other(safe_next(request, kept.get("next", "")))
        raise DomainError(_("这次微信授权已失效。"), hint=_("请再点一次“微信登录”。"), code="stale")
    back = safe_next(request, kept["next"])
    if not code:
        # WeChat sends whoever said no back with the state alone.
        response = see_other(f"{reverse('h5:login')}?next={quote(back)}")
        unkeep(response, WECHAT_COOKIE)
        return response
    if not _WORD.fullmatch(code):
        raise DomainError(_("这次微信授权已失效。"), hint=_("请再点一次“微信登录”。"), code="stale")
    user = user_of_code(code)
    member = member_of(user)
    if member is not None and has_agreed(member.pk):
        return _enter(request, user, back, "")
    viewer = viewer_of(request)
    if viewer is not None and attach_wechat(session_id=viewer.session_id, identity=user):
        response = see_other(back)
        unkeep(response, WECHAT_COOKIE)
        return response
    response = see_other(reverse("h5:wechat_back"))
    who = {"openid": user.openid, "unionid": user.unionid, "nickname": user.nickname, "next": back}
    seal(request, response, WECHAT_COOKIE, who, _STATE_LIFE)
    return response


def _agreed(request: HttpRequest, kept: dict[str, str]) -> HttpResponse:
    if "openid" not in kept:
        raise DomainError(_("这次微信授权已失效。"), hint=_("请再点一次“微信登录”。"), code="stale")
    user = WechatUser(kept["openid"], kept["unionid"], kept["nickname"])
    try:
        return _enter(request, user, safe_next(request, kept["next"]), request.POST.get("agree", ""))
    except DomainError as error:
        if error.code != "consent_needed":
            raise
        return again(request, error)


def _enter(request: HttpRequest, user: WechatUser, back: str, consent: str) -> HttpResponse:
    logged = log_in(
        identity=user,
        visitor_token=visitor_token(request),
        consent_version=consent,
        source=LoginWay.WECHAT,
        ip_hash=origin_of(request).ip_hash,
        now=now_of(request),
    )
    return entered(request, logged, back)


def _is_our_state(request: HttpRequest, kept: dict[str, str]) -> bool:
    """Sealed in this browser's cookie, and never seen before."""
    given, ours = request.GET.get("state", ""), kept.get("state", "")
    if not ours or not constant_time_compare(given, ours):
        return False
    return not counters().wait_for([Limit(f"h5:wechat-state:{ours}", 1, _STATE_SECONDS)])
