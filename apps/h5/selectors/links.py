"""Short links as anybody may follow them."""

import re

from apps.campaigns.models import Entry, Run, ShareLink
from apps.campaigns.selectors.public_runs import public_runs

_CODE = re.compile(r"[A-Za-z0-9_-]{4,20}", re.ASCII)


def link_by_code(code: str) -> ShareLink | None:
    """The link of a run that has a page, with its run, campaign, entry and inviter; ``None`` for anything else."""
    if not _CODE.fullmatch(code):
        return None
    links = ShareLink.objects.select_related("run__campaign", "run__stock", "entry", "inviter")
    return links.filter(code=code, run__in=public_runs()).first()


def run_by_number(pk: int) -> Run | None:
    """A run that has a page, with its campaign."""
    return public_runs().filter(pk=pk).first() if 0 < pk < 2**63 else None


def entry_by_code(code: str) -> Entry | None:
    """An entry of a run that has a page, with its run and campaign."""
    if not _CODE.fullmatch(code):
        return None
    entries = Entry.objects.select_related("run__campaign")
    return entries.filter(code=code, run__in=public_runs()).first()
