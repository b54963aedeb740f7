"""Short links as anybody may follow them."""

import re

from apps.campaigns.models import Entry, Run, ShareLink
from apps.campaigns.selectors.public_runs import public_runs
from apps.h5.selectors.themes import live_theme

_CODE = re.compile(r"[A-Za-z0-9_-]{4,20}", re.ASCII)


def link_by_code(code: str) -> ShareLink | None:
    """The link of a run that has a page, with its run, campaign, entry and inviter; ``None`` for anything else."""
    if not _CODE.fullmatch(code):
        return None
    links = ShareLink.objects.select_related("run__campaign", "run__stock", "entry", "inviter")
    return links.filter(code=code, run__in=public_runs()).first()


def run_by_number(pk: int) -> Run | None:
    """A run that has a page, with its campaign and its theme."""
    if not 0 < pk < 2**63:
        return None
    return public_runs().annotate(live_theme=live_theme("campaign_id")).filter(pk=pk).first()


def entry_by_code(code: str) -> Entry | None:
    """An entry of a run that has a page, with its run, campaign and theme."""
    if not _CODE.fullmatch(code):
        return None
    entries = Entry.objects.select_related("run__campaign").annotate(
        live_theme=live_theme("run__campaign_id")
    )
    entry = entries.filter(code=code, run__in=public_runs()).first()
    if entry is not None:
        entry.run.live_theme = entry.live_theme  # type: ignore[attr-defined]
    return entry
