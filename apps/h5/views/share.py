"""Short links, the page for sharing, posters."""

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from apps.accounts.api.counters import Limit, counters
from apps.accounts.api.origin import client_ip, digest
from apps.campaigns.models import Entry, Run, ShareLink
from apps.campaigns.selectors.plans import plan_of
from apps.campaigns.services.sharing import link_for, mini_program_path, short_url
from apps.campaigns.services.utm import clean_utm
from apps.h5.selectors.links import entry_by_code, link_by_code, run_by_number
from apps.h5.services.clicks import count_click, is_machine
from apps.h5.services.posters import poster_of, says
from apps.h5.services.visits import touch
from apps.h5.views.base import (
    Viewer,
    member_id_of,
    member_page,
    now_of,
    public_page,
    viewer_of,
    visitor_token,
)

#: Strangers draw posters too; what is drawn once is kept.
_POSTERS = (120, 60)
#: Codes that are no one's: nobody mistypes sixty a minute.
_MISSES = (60, 60)
_SHARE, _PERSONAL_UTM = "share", {"utm_source": "member", "utm_medium": "share"}


@public_page
@require_safe
def short(request: HttpRequest, code: str) -> HttpResponseBase:
    """To the run or entry behind a code, on this host; a visit and a click are written down for people only."""
    link = link_by_code(code)
    if link is None:
        return _gone(request)
    utm = clean_utm(link.utm) | clean_utm(request.GET)
    if request.method == "GET" and not is_machine(request.headers):
        count_click(link, member_id=member_id_of(request), now=now_of(request))
        token = visitor_token(request)
        touch(
            token=token,
            run_id=link.run_id,
            link=link,
            utm=utm,
            referrer=request.headers.get("Referer", ""),
            device_hash=digest("device", token),
            now=now_of(request),
        )
    address = page_behind(link)
    return HttpResponseRedirect(f"{address}?{urlencode(utm)}" if utm else address)


def page_behind(link: ShareLink) -> str:
    if link.entry is not None:
        return reverse("h5:entry", args=[link.entry.code])
    return reverse("h5:run", args=[link.run_id])


def _gone(request: HttpRequest) -> HttpResponse:
    limit = Limit(f"h5:short_miss:{client_ip(request)}", *_MISSES)
    if wait := counters().wait_for([limit]):
        busy = render(request, "h5/busy.html", {"seconds": wait}, status=429)
        busy["Retry-After"] = str(wait)
        return busy
    return render(request, "h5/share/gone.html", status=404)


@member_page
@require_safe
def share_run(request: HttpRequest, pk: int) -> HttpResponse:
    """The member's own link for a run."""
    run = run_by_number(pk)
    return _gone(request) if run is None else _share_page(request, run, None)


@member_page
@require_safe
def share_entry(request: HttpRequest, code: str) -> HttpResponse:
    """The member's own link for an entry, theirs or a friend's."""
    entry = entry_by_code(code)
    return _gone(request) if entry is None else _share_page(request, entry.run, entry)


def _share_page(request: HttpRequest, run: Run, entry: Entry | None) -> HttpResponse:
    viewer = viewer_of(request)
    assert isinstance(viewer, Viewer)  # member_page saw to it
    link = link_for(
        run=run,
        entry=entry,
        inviter_id=viewer.member_id,
        channel=_SHARE,
        utm=_PERSONAL_UTM,
        now=now_of(request),
    )
    plan = plan_of(run.pk, run.revision)
    context = {
        "run": run,
        "entry": entry,
        "link": link,
        "title": run.campaign.headline or plan.title,
        "mechanic": plan.mechanic,
        "url": short_url(link.code),
        "mini_program": mini_program_path(link),
        "back": page_behind(link),
    }
    return render(request, "h5/share/share.html", context)


@public_page
@require_safe
def poster(request: HttpRequest, code: str) -> HttpResponseBase:
    """The poster of a link. Its owner's name is written out only for the owner; others get it as strangers do."""
    link = link_by_code(code)
    if link is None:
        return _gone(request)
    content = says(link, is_own=link.inviter_id is not None and member_id_of(request) == link.inviter_id)
    tag = f'"{content.digest}"'
    if request.headers.get("If-None-Match") == tag:
        response: HttpResponse = HttpResponse(status=304)
    else:
        limit = Limit(f"h5:poster:{client_ip(request)}", *_POSTERS)
        picture = poster_of(content, may_draw=lambda: not counters().wait_for([limit]))
        if picture is None:
            return render(request, "h5/busy.html", {"seconds": _POSTERS[1]}, status=429)
        response = HttpResponse(picture, content_type="image/png")
    response["ETag"] = tag
    response["Cache-Control"] = f"private, max-age={settings.POSTER_SECONDS}"
    response["Vary"] = "Cookie"
    return response
