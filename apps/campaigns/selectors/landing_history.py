"""What changed from one version of a landing page to the next, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.campaigns.blocks.base import Block
from apps.campaigns.blocks.registry import all_blocks
from apps.campaigns.enums import Section, Theme
from apps.campaigns.models import Campaign, LandingVersion
from apps.core.sentences import listed

MOST_VERSIONS = 50


@dataclass(frozen=True)
class VersionRow:
    """A version and what it changed (``None``: there is none before it)."""

    version: LandingVersion
    changes: list[str] | None
    before: LandingVersion | None


def versions_of(campaign: Campaign) -> list[VersionRow]:
    """The latest versions, newest first, each against the one before it in its variant; one query."""
    rows = campaign.landing_versions.select_related("edited_by").order_by("-number")[: MOST_VERSIONS + 1]
    versions = list(rows)
    found = []
    for place, version in enumerate(versions[:MOST_VERSIONS]):
        before = next((old for old in versions[place + 1 :] if old.variant == version.variant), None)
        changes = changes_in_words(before, version) if before else None
        found.append(VersionRow(version, changes, before))
    return found


def changes_in_words(old: LandingVersion, new: LandingVersion) -> list[str]:
    """One sentence for what was added, taken away, rewritten, moved, and the colours; empty if nothing was."""
    before = {block["id"]: block for block in old.blocks}
    after = {block["id"]: block for block in new.blocks}
    added = [_name(block) for key, block in after.items() if key not in before]
    removed = [_name(block) for key, block in before.items() if key not in after]
    found = []
    if added:
        found.append(_("加了：%(blocks)s") % {"blocks": listed(added)})
    if removed:
        found.append(_("删了：%(blocks)s") % {"blocks": listed(removed)})
    for key, block in after.items():
        if key in before and (fields := _changed_fields(before[key], block)):
            found.append(_("改了“%(block)s”的%(fields)s") % {"block": _name(block), "fields": listed(fields)})
    if moved := _moved(old.blocks, new.blocks):
        found.append(_("换了位置：%(blocks)s") % {"blocks": listed(_name(after[key]) for key in moved)})
    if old.theme != new.theme:
        names = dict(Theme.choices)
        found.append(
            _("配色从%(old)s换成%(new)s")
            % {"old": names.get(old.theme, old.theme), "new": names.get(new.theme, new.theme)}
        )
    return found


def _kind(block: Mapping[str, Any]) -> Block | None:
    return all_blocks().get(block["kind"])


def _name(block: Mapping[str, Any]) -> str:
    kind = _kind(block)
    return str(kind.label) if kind else str(block["kind"])


def _changed_fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    kind = _kind(new)
    if kind is None:
        return []
    return [
        str(field.label)
        for field in kind.inputs
        if old["data"].get(field.key, field.empty()) != new["data"].get(field.key, field.empty())
    ]


def _moved(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> list[str]:
    """Ids of blocks in another section or place: as few as explain the new order."""
    sections = {block["id"]: block["section"] for block in old}
    both = {block["id"] for block in new} & set(sections)
    jumped = {
        block["id"] for block in new if block["id"] in both and block["section"] != sections[block["id"]]
    }
    found = set(jumped)
    for section in Section.values:
        first = [b["id"] for b in old if b["id"] in both - jumped and b["section"] == section]
        second = [b["id"] for b in new if b["id"] in both - jumped and b["section"] == section]
        found |= set(second) - set(_longest_common(first, second))
    return [block["id"] for block in new if block["id"] in found]


def _longest_common(first: Sequence[str], second: Sequence[str]) -> list[str]:
    """The longest row of ids that stand in both orders."""
    best: list[list[list[str]]] = [[[] for _ in range(len(second) + 1)] for _ in range(len(first) + 1)]
    for i, one in enumerate(first):
        for j, other in enumerate(second):
            if one == other:
                best[i + 1][j + 1] = [*best[i][j], one]
            else:
                best[i + 1][j + 1] = max(best[i][j + 1], best[i + 1][j], key=len)
    return best[-1][-1]
