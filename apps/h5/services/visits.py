"""Writing down who came from where, before anybody knows who it is."""

import json
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, transaction

from apps.campaigns.models import ShareLink
from apps.campaigns.services.utm import clean_utm
from apps.h5.models import Touch, Visitor
from apps.h5.selectors.attribution import SITTING
from apps.h5.selectors.tokens import hash_of
from apps.h5.services.attribution import record_logins
from apps.h5.services.facts import VISITED, touch_values, touch_words

_LONGEST_HOST = 80


def host_of(referrer: str) -> str:
    """The host of a Referer header; "" for ours, for none, for nonsense."""
    try:
        host = urlsplit(referrer).hostname or ""
    except ValueError:
        return ""
    is_ours = host == urlsplit(settings.SITE_URL).hostname or host in settings.ALLOWED_HOSTS
    is_plain = host.isascii() and host.isprintable()
    return "" if is_ours or not is_plain else host[:_LONGEST_HOST]


@transaction.atomic
def touch(
    *,
    token: str,
    run_id: int,
    link: ShareLink | None = None,
    utm: Mapping[str, str] | None = None,
    referrer: str = "",
    version_id: int | None = None,
    variant: str = "",
    device_hash: str = "",
    now: datetime,
) -> Touch | None:
    """The browser ``token`` came to a run; ``referrer`` is the Referer header as it came.

    What happens within half an hour and names no other source is the same touch (reload, the page after the short
    link): it only learns which version was shown. A member's own link names no inviter. ``None`` without a token.
    """
    if not token:
        return None
    visitor = _visitor(token, device_hash, now)
    clean = clean_utm(utm or {})
    recent = (
        Touch.objects.filter(visitor=visitor, run_id=run_id, at__gt=now - SITTING)
        .order_by("-at", "-id")
        .first()
    )
    if recent is not None and _is_same(recent, link, clean):
        _learn(recent, version_id, variant)
        return recent
    inviter_id = link.inviter_id if link is not None and link.inviter_id != visitor.member_id else None
    made = Touch.objects.create(
        visitor=visitor,
        run_id=run_id,
        link=link,
        inviter_id=inviter_id,
        group_id=link.group_id if link else None,
        post_id=link.post_id if link else None,
        channel=link.channel if link else "",
        utm=clean,
        referrer=host_of(referrer),
        version_id=version_id,
        variant=variant[:1],
        at=now,
    )
    with connection.cursor() as cursor:
        values = touch_values(made, member_id=visitor.member_id, now=now)
        cursor.execute(VISITED, {**values, "about": json.dumps(touch_words(made))})
    return made


@transaction.atomic
def adopt_visitor(*, token: str, member_id: int, now: datetime) -> None:
    """The member has logged in in this browser: its touches are theirs now, and each run they saw counts a log-in.

    A browser that is another member's stays so; see ``apps.h5.selectors.attribution``.
    """
    if not token:
        return
    visitor = _visitor(token, "", now)
    if visitor.member_id is None:
        visitor.member_id = member_id
        visitor.save(update_fields=["member"])
    record_logins(member_id=member_id, token_hash=visitor.token_hash, now=now)


def _visitor(token: str, device_hash: str, now: datetime) -> Visitor:
    """The browser's row, locked: its touches queue up, so that two taps are one touch."""
    token_hash = hash_of(token)
    rows = Visitor.objects.select_for_update().filter(token_hash=token_hash)
    visitor = rows.first()
    if visitor is None:
        new = Visitor(token_hash=token_hash, device_hash=device_hash, first_seen_at=now)
        Visitor.objects.bulk_create([new], ignore_conflicts=True)
        visitor = rows.get()
    if device_hash and not visitor.device_hash:
        visitor.device_hash = device_hash
        visitor.save(update_fields=["device_hash"])
    return visitor


def _is_same(recent: Touch, link: ShareLink | None, utm: dict[str, str]) -> bool:
    if link is not None:
        return recent.link_id == link.pk and (not utm or utm == recent.utm)
    return not utm or utm == recent.utm


def _learn(recent: Touch, version_id: int | None, variant: str) -> None:
    if recent.version_id is None and version_id is not None:
        recent.version_id, recent.variant = version_id, variant[:1]
        recent.save(update_fields=["version_id", "variant"])
