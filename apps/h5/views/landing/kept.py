"""Landing pages in this process's memory: bytes that are ready to send.

A page is asked for far more often than it changes. Every two seconds one query compares what the page depends on
(run, campaign, live versions, sold out, the clock), and the page is made anew when that differs, or when its live
numbers are eight seconds old: so publishing, closing or selling out shows within two seconds in every process, with
no message that could be lost, and no number is older than ten. Nobody else is asked on the way, not even Valkey.
"""

import json
import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from gzip import compress
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import DateTimeField, F, Func, OuterRef
from django.template.loader import get_template
from django.utils import translation

from apps.campaigns.enums import LandingState
from apps.campaigns.models import LandingVersion
from apps.campaigns.selectors.landing import choose, live_versions
from apps.campaigns.selectors.public_runs import public_runs
from apps.h5.selectors.landing_facts import facts_of, find_run
from apps.h5.views.landing.rendering import default_version, page_context, render_live

#: Seconds between looks at what the page depends on, and how old its numbers may be when somebody looks.
LOOK = 2.0
NUMBERS = 8.0
#: So long a page is given out while another thread makes it anew; afterwards one waits for it.
PATIENCE = 20.0
MOST_KEPT = 400
#: Stands in the page where the server's clock is filled in, once a second. Nobody can type it into a page.
CLOCK = f"@@{secrets.token_hex(16)}@@"

type Key = tuple[int, str]


@dataclass
class Page:
    """One variant. ``plain`` and ``packed`` (gzip) are the bytes of ``second``."""

    halves: tuple[bytes, bytes]
    live: bytes
    second: int = 0
    plain: bytes = b""
    packed: bytes = b""

    def at(self, second: int) -> "Page":
        """The page with the clock set to ``second``."""
        if second != self.second:
            plain = str(second).encode().join(self.halves)
            # Assigned together: a reader in another thread sees one of both, and either is right.
            self.plain, self.packed, self.second = plain, compress(plain, 3), second
        return self


@dataclass
class Kept:
    """A run's page in one language. ``ahead``: the database's clock minus this machine's, in seconds."""

    stamp: tuple[Any, ...]
    looked_at: float
    made_at: float
    ahead: float
    versions: Sequence[LandingVersion]
    pages: dict[str, Page]
    lock: threading.Lock = field(default_factory=threading.Lock)

    def page_for(self, token: str) -> Page:
        """The variant of the browser ``token``, its clock right to the second."""
        chosen = choose(self.versions, token)
        page = self.pages[chosen.variant if chosen else ""]
        return page.at(int(time.time() + self.ahead))


_kept: dict[Key, Kept] = {}
_making = threading.Lock()


def ready(pk: int, language: str) -> Kept | None:
    """The page if it may be given out without asking anybody; ``None`` sends the caller to ``made``."""
    kept = _kept.get((pk, language))
    if kept is None:
        return None
    age = time.monotonic() - kept.looked_at
    # One thread goes and looks; while it does, the others give out what there is.
    if age < LOOK or (age < PATIENCE and kept.lock.locked()):
        return kept
    return None


def made(pk: int, language: str) -> Kept | None:
    """The page as it is now, from memory if nothing has changed; ``None`` where there is no such run."""
    key = (pk, language)
    kept = _kept.get(key)
    with kept.lock if kept is not None else _making:
        kept = _kept.get(key) or kept
        moment = time.monotonic()
        if kept is not None and moment - kept.looked_at < LOOK:
            return kept
        found = _stamp(pk)
        if found is None:
            _kept.pop(key, None)
            return None
        stamp, now = found
        if kept is not None and kept.stamp == stamp and moment - kept.made_at < NUMBERS:
            kept.looked_at = moment
            return kept
        fresh = _make(pk, language, stamp, moment, now)
        if fresh is None:
            return None
        if kept is not None:
            fresh.lock = kept.lock
        while len(_kept) >= MOST_KEPT:
            _kept.pop(next(iter(_kept)), None)
        _kept[key] = fresh
        return fresh


def forget() -> None:
    """Empty this process's memory."""
    _kept.clear()


def _stamp(pk: int) -> tuple[tuple[Any, ...], datetime] | None:
    """What the page depends on, and the database's clock (D7); one query. ``None`` where there is no page."""
    if not 0 < pk < 2**63:
        return None
    live = LandingVersion.objects.filter(campaign=OuterRef("campaign"), state=LandingState.LIVE)
    row = (
        public_runs()
        .filter(pk=pk)
        .values_list(
            "state",
            "revision",
            "updated_at",
            "campaign__updated_at",
            ArraySubquery(live.order_by("variant").values("id")),
            ArraySubquery(live.order_by("variant").values("updated_at")),
            "opens_at",
            "closes_at",
            "stock__stock",
            F("stock__reserved") + F("stock__sold"),
            Func(function="clock_timestamp", output_field=DateTimeField()),
        )
        .first()
    )
    if row is None:
        return None
    *fixed, opens, closes, stock, taken, now = row
    is_gone = stock is not None and taken >= stock
    return (*map(str, fixed), stock, opens, closes, opens <= now, closes <= now, is_gone), now


def _make(pk: int, language: str, stamp: tuple[Any, ...], moment: float, now: datetime) -> Kept | None:
    run = find_run(pk)
    if run is None:
        return None
    ahead = now.timestamp() - time.time()
    with translation.override(language):
        facts = facts_of(run, now=now)
        versions = live_versions(run.campaign_id)
        shown = versions or [default_version(run.campaign)]
        pages = {}
        for version in shown:
            context = page_context(version, facts) | {"clock": CLOCK}
            first, second = (
                get_template("h5/landing/page.html").render(context).encode().split(CLOCK.encode())
            )
            live = json.dumps(
                {"mood": facts.mood, "blocks": render_live(version, facts)}, ensure_ascii=False
            ).encode()
            pages[version.variant if versions else ""] = Page((first, second), live)
    return Kept(stamp, moment, moment, ahead, versions, pages)
