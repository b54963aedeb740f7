"""What browsers report of a landing page: which blocks were seen, for how long, and tapped."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from apps.campaigns.enums import LandingState
from apps.campaigns.models import LandingVersion
from apps.campaigns.selectors.public_runs import public_runs
from apps.core.errors import Invalid
from apps.events.enums import EventKind
from apps.events.models import Event
from apps.events.services.recording import record
from apps.h5.selectors.tokens import hash_of
from apps.h5.services.visits import touch

MOST_ITEMS = 50
#: A page may still be open when another version takes its place.
_STILL_OPEN = timedelta(hours=2)
#: Nobody reads one block for longer; a phone in a pocket does.
_LONGEST_DWELL_MS = 30 * 60 * 1000
#: Taps and stays of one block that one browser can write in an hour, each kind: told apart by their time modulo this.
#: Two that share a remainder are one; a person seldom makes two in an hour, and a script writes no more than this.
MOST_OF_A_BLOCK = 31
_KINDS = {
    "view": EventKind.PAGE_SECTION_VIEWED,
    "dwell": EventKind.PAGE_DWELLED,
    "tap": EventKind.PAGE_TAPPED,
}


@dataclass(frozen=True)
class Sight:
    """One report on a block. ``ms``: how long (dwell), or how long after the page was opened (view, tap)."""

    block: str
    kind: str
    ms: int


def read_beacon(body: Any) -> tuple[int, int, list[Sight]]:
    """``{"v": version, "r": run, "s": [[block, kind, ms], …]}`` → version id, run id, sights. Raises ``Invalid``.

    Version 0 is the page that a campaign has before anybody has published one.
    """
    if not isinstance(body, dict):
        raise Invalid("a beacon is an object", code="bad_beacon")
    version, run, items = _number(body.get("v"), least=0), _number(body.get("r"), least=1), body.get("s")
    if not isinstance(items, list) or len(items) > MOST_ITEMS:
        raise Invalid("a beacon has at most 50 s", code="bad_beacon")
    return version, run, [_sight(item) for item in items]


def _number(value: Any, *, least: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and least <= value < 2**63:
        return value
    raise Invalid("a beacon has numbers v and r", code="bad_beacon")


def _sight(item: Any) -> Sight:
    match item:
        case [str(block), str(kind), int(ms)] if kind in _KINDS and ms >= 0 and not isinstance(ms, bool):
            return Sight(block[:16], kind, min(ms, _LONGEST_DWELL_MS))
    raise Invalid("a sight is [block, view|dwell|tap, ms]", code="bad_beacon")


def record_beacon(
    *, token: str, member_id: int | None, version_id: int, run_id: int, sights: list[Sight], now: datetime
) -> int:
    """Write down what the browser ``token`` reports of a version that this run shows; returns how many facts that is.

    Facts are kept by the hour and once per browser, block, kind and remainder of ``ms`` in it, so that a beacon sent
    again adds nothing, and one browser at most ``MOST_OF_A_BLOCK`` taps and as many stays of each block. A block that the version does not have is ignored. Raises ``Invalid`` for a version that is not shown.
    """
    run = public_runs().filter(pk=run_id).first()
    version = _shown(version_id, run.campaign_id, now) if run is not None and version_id else None
    if run is None or (version_id and version is None):
        raise Invalid("no such page", code="bad_beacon")
    variant = version.variant if version else ""
    touch(token=token, run_id=run_id, version_id=version_id or None, variant=variant, now=now)
    hour = now.replace(minute=0, second=0, microsecond=0)
    sections = {block["id"]: block["section"] for block in version.blocks} if version else {}
    browser = hash_of(token)[:20]

    def fact(kind: EventKind, word: str, extra: Mapping[str, Any], value: Decimal | None = None) -> Event:
        return Event(
            occurred_at=hour,
            kind=kind,
            key=f"page:{run_id}:{version_id}:{browser}:{word}",
            team_id=run.campaign.team_id,
            member_id=member_id,
            subject=f"landing:{version_id}",
            value=value,
            data={
                "campaign": run.campaign_id,
                "run": run_id,
                "version": version_id,
                "variant": variant,
                **extra,
            },
        )

    facts = {"view": fact(EventKind.PAGE_VIEWED, "view", {})}
    for sight in sights:
        if sight.block not in sections:
            continue
        # A block is seen once an hour, whenever that was; taps and stays are told apart by their time.
        word = f"{sight.block}:{sight.kind}" + (
            "" if sight.kind == "view" else f":{sight.ms % MOST_OF_A_BLOCK}"
        )
        extra = {"block": sight.block, "section": sections[sight.block]}
        seconds = Decimal(sight.ms) / 1000 if sight.kind == "dwell" else None
        facts.setdefault(word, fact(_KINDS[sight.kind], word, extra, seconds))
    record(facts.values())
    return len(facts)


def _shown(version_id: int, campaign_id: int, now: datetime) -> LandingVersion | None:
    version = LandingVersion.objects.filter(pk=version_id, campaign_id=campaign_id).first()
    if version is None:
        return None
    is_fresh = version.retired_at is not None and version.retired_at > now - _STILL_OPEN
    return version if version.state == LandingState.LIVE or is_fresh else None
