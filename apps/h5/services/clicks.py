"""Counting clicks on short links."""

import json
import re
from collections.abc import Mapping
from datetime import datetime

from django.db import connection

from apps.campaigns.models import ShareLink
from apps.campaigns.services.engine import Came
from apps.h5.services.facts import CLICKED

#: Who looks at a link before any person does: search engines, chats that draw a preview, command lines.
_MACHINES = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|preview|facebookexternalhit|whatsapp|skypeuripreview|embedly|curl/|wget/|"
    r"python-|okhttp/|go-http-client|java/|libwww|scrapy|monitor|uptime|httpx/",
    re.IGNORECASE,
)


def is_machine(headers: Mapping[str, str]) -> bool:
    """Does a program ask, or a browser ahead of its person? Judged by the request's headers."""
    agent = headers.get("User-Agent", "")
    ahead = headers.get("Sec-Purpose", "") + headers.get("Purpose", "") + headers.get("X-Purpose", "")
    return not agent or "prefetch" in ahead or "preview" in ahead or _MACHINES.search(agent) is not None


def count_click(link: ShareLink, *, member_id: int | None, now: datetime) -> None:
    """One more person opened the link: its counter and ``link.clicked``.

    Call it outside of a transaction: its commit does not wait for the disk.
    """
    inviter = link.inviter_id if link.inviter_id != member_id else None
    about = {"link": link.pk, **Came(None, link.post_id, link.channel, inviter).words()}
    with connection.cursor() as cursor:
        cursor.execute(
            CLICKED, {"link": link.pk, "member": member_id, "now": now, "about": json.dumps(about)}
        )
