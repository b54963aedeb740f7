"""Opening a personal link. A GET only asks, so that previews and scanners of chats log nobody in."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from apps.campaigns.api.shapes import public_name
from apps.core.errors import DomainError
from apps.h5.services.consents import TERMS_VERSION, has_agreed
from apps.h5.services.personal_links import (
    SESSION_LIFETIME,
    PersonalLink,
    dead_link,
    read_token,
    use_token,
)
from apps.h5.views.base import member_id_of, now_of, origin_of, public_page, visitor_token
from apps.h5.views.login import entered
from apps.h5.views.problems import again, form_page, see_other


@require_http_methods(["GET", "HEAD", "POST"])
@public_page
def personal(request: HttpRequest, token: str) -> HttpResponse:
    """“你是 王** 吗？”: confirm, with the phone's last four digits where there is a phone."""
    link = read_token(token, now=now_of(request))
    if member_id_of(request) == link.member.pk:
        return see_other(_target(link))
    if link.is_used:
        raise dead_link()
    if request.method != "POST":
        return _page(request, link)
    try:
        logged, link = use_token(
            token=token,
            tail=request.POST.get("tail", ""),
            visitor_token=visitor_token(request),
            consent_version=request.POST.get("agree", ""),
            ip_hash=origin_of(request).ip_hash,
            now=now_of(request),
        )
    except DomainError as error:
        if error.code == "dead_link":
            raise
        return again(request, error)
    return entered(request, logged, _target(link), SESSION_LIFETIME)


def _page(request: HttpRequest, link: PersonalLink) -> HttpResponse:
    context = {
        "name": public_name(link.member.nickname),
        "asks_for_tail": link.asks_for_tail,
        "needs_consent": not has_agreed(link.member.pk),
        "terms_version": TERMS_VERSION,
    }
    return form_page(request, "h5/personal.html", context)


def _target(link: PersonalLink) -> str:
    return reverse("h5:run", args=[link.run_id]) if link.run_id else reverse("h5:home")
