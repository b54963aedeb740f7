"""Making short links: one per who shares what where, however often they are asked for (S2)."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError

from apps.campaigns.models import Entry, Run, ShareLink
from apps.campaigns.services.utm import clean_utm
from apps.groups.models import Group

_LONGEST_CHANNEL = 40
#: Sixty random bits meet their like once in a lifetime; then another try finds a free code.
_TRIES = 3


def link_for(
    *,
    run: Run,
    entry: Entry | None = None,
    inviter_id: int | None = None,
    channel: str,
    group: Group | None = None,
    post_id: int | None = None,
    utm: Mapping[str, str] | None = None,
    now: datetime,
) -> ShareLink:
    """The link of ``inviter_id`` (or nobody) for ``run`` or its ``entry`` on ``channel``; the same one for the same
    arguments. The caller answers for ``inviter_id``: it is the session's member, never a parameter of a request.
    """
    wanted = _link(run, entry, inviter_id, channel, group.pk if group else None, post_id, utm, now)
    return _kept([wanted])[wanted.key]


def links_for_groups(
    *, run: Run, groups: Iterable[Group], post_id: int, now: datetime
) -> dict[int, ShareLink]:
    """One link per group for a post, by the group's id; three statements however many groups."""
    wanted = {
        group.pk: _link(run, None, None, group.platform, group.pk, post_id, _utm_of_post(run, group), now)
        for group in groups
    }
    kept = _kept(list(wanted.values()))
    return {pk: kept[link.key] for pk, link in wanted.items()}


def short_url(code: str) -> str:
    """The address that goes into chats, on our own host: ``SITE_URL`` + ``/s/…``."""
    return f"{settings.SITE_URL.rstrip('/')}/s/{code}"


def mini_program_path(link: ShareLink) -> str:
    """The campaign's mini-program page with the link's code as ``s``; "" where it is played on web pages."""
    path = link.run.campaign.mini_program_path.strip()
    return f"{path}{'&' if '?' in path else '?'}s={link.code}" if path else ""


def _utm_of_post(run: Run, group: Group) -> dict[str, str]:
    return {"utm_source": group.platform, "utm_medium": "group", "utm_campaign": f"run-{run.pk}"}


def _link(
    run: Run,
    entry: Entry | None,
    inviter_id: int | None,
    channel: str,
    group_id: int | None,
    post_id: int | None,
    utm: Mapping[str, str] | None,
    now: datetime,
) -> ShareLink:
    if entry is not None and entry.run_id != run.pk:
        raise ValueError("the entry is of another run")
    clean = clean_utm(utm or {})
    channel = channel[:_LONGEST_CHANNEL]
    places = (("e", entry and entry.pk), ("m", inviter_id), ("g", group_id), ("p", post_id))
    key = f"r{run.pk}" + "".join(f"{letter}{number}" for letter, number in places if number) + f":{channel}"
    if clean:
        key += ":" + hashlib.sha256(json.dumps(clean, sort_keys=True).encode()).hexdigest()[:12]
    return ShareLink(
        key=key,
        run=run,
        entry=entry,
        inviter_id=inviter_id,
        team_id=run.campaign.team_id,
        group_id=group_id,
        post_id=post_id,
        channel=channel,
        utm=clean,
        created_at=now,
    )


def _kept(wanted: list[ShareLink]) -> dict[str, ShareLink]:
    """The stored rows by key; those that are not there yet are made."""
    keys = {link.key for link in wanted}
    found: dict[str, ShareLink] = {}
    for _try in range(_TRIES):
        rows = ShareLink.objects.filter(key__in=keys - set(found)).select_related("run__campaign", "entry")
        found |= {row.key: row for row in rows}
        missing = [link for link in wanted if link.key not in found]
        if not missing:
            return found
        # Somebody else may be making the same: theirs is found on the next round, and so is ours.
        for link in missing:
            link.code = ShareLink._meta.get_field("code").get_default()
        ShareLink.objects.bulk_create(missing, ignore_conflicts=True, batch_size=1_000)
    rows = ShareLink.objects.filter(key__in=keys).select_related("run__campaign", "entry")
    found = {row.key: row for row in rows}
    if keys - set(found):
        raise IntegrityError("no free code for a short link")
    return found
