"""What stands in the editor: from a stored version, from the page shipped for the mechanic, or as it was typed."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict

from apps.accounts.models import User
from apps.campaigns.admin.landing.inputs import TypedBlock, from_post, from_stored, moved, new_block
from apps.campaigns.blocks.registry import all_blocks
from apps.campaigns.enums import LandingState, Section, Theme, Variant
from apps.campaigns.models import Campaign, LandingVersion
from apps.campaigns.selectors.landing import starter_blocks
from apps.campaigns.services.landing import keep_picture
from apps.core.errors import DomainError

MOVES = ("up", "down", "remove", "to")
_MOST_FILES = 9


@dataclass(frozen=True)
class Sheet:
    """The page of one variant. ``draft`` is the row that saving writes to, ``base`` what the sheet was begun from."""

    variant: str
    blocks: list[TypedBlock]
    theme: str
    title: str = ""
    share: str = "50"
    seen_at: str = ""
    draft: LandingVersion | None = None
    base: LandingVersion | None = None

    @property
    def sections(self) -> list[tuple[str, str, list[TypedBlock]]]:
        """Value, label and blocks of 上, 中, 下."""
        return [
            (one.value, str(one.label), [block for block in self.blocks if block.section == one.value])
            for one in Section
        ]

    @property
    def is_wrong(self) -> bool:
        return any(block.is_wrong for block in self.blocks)

    def checked(self, *, is_draft: bool) -> "Sheet":
        return replace(self, blocks=[block.checked(is_draft=is_draft) for block in self.blocks])

    def stored_blocks(self) -> list[dict[str, object]]:
        return [block.stored() for block in self.blocks]

    def seen(self) -> datetime | None:
        try:
            return datetime.fromisoformat(self.seen_at)
        except ValueError:
            return None


def version_in(campaign: Campaign, variant: str, state: LandingState) -> LandingVersion | None:
    return campaign.landing_versions.filter(variant=variant, state=state).first()


def stored_sheet(campaign: Campaign, variant: str) -> Sheet:
    """The draft; without one what is live, for B else the live A, and without that the page shipped for the
    mechanic; nothing is saved yet."""
    draft = version_in(campaign, variant, LandingState.DRAFT)
    base = (
        draft
        or version_in(campaign, variant, LandingState.LIVE)
        or version_in(campaign, Variant.A, LandingState.LIVE)
    )
    if base is None:
        theme, blocks = starter_blocks(campaign)
        return Sheet(variant, from_stored(blocks), theme)
    return Sheet(
        variant=variant,
        blocks=from_stored(base.blocks),
        theme=base.theme,
        title=base.title if draft else "",
        share=str(base.share),
        seen_at=draft.updated_at.isoformat() if draft else "",
        draft=draft,
        base=base,
    )


def typed_sheet(request: HttpRequest, campaign: Campaign, variant: str) -> Sheet:
    """As it was posted, before anything is done to it."""
    post = request.POST
    draft = version_in(campaign, variant, LandingState.DRAFT)
    theme = post.get("theme", "")
    return Sheet(
        variant=variant,
        blocks=from_post(post),
        theme=theme if theme in Theme.values else Theme.RED.value,
        title=post.get("title", "")[:60],
        share=post.get("share", "50")[:4],
        seen_at=post.get("seen_at", "")[:40],
        draft=draft,
        base=draft or version_in(campaign, variant, LandingState.LIVE),
    )


def after(sheet: Sheet, verb: str, rest: str) -> tuple[Sheet, str]:
    """The sheet after a button of its own was pressed, and the id of the block it was about."""
    if verb in MOVES:
        where, _colon, block_id = rest.rpartition(":")
        return replace(sheet, blocks=moved(sheet.blocks, verb, block_id, where)), block_id
    if verb == "add":
        section, _colon, key = rest.partition(":")
        kind = all_blocks().get(key)
        if kind is None or section not in {one.value for one in kind.sections}:
            return sheet, ""
        block = new_block(kind, section)
        order = list(Section.values)
        blocks = sorted([*sheet.blocks, block], key=lambda one: order.index(one.section))
        return replace(sheet, blocks=blocks), block.id
    if verb == "unpick":
        name, _colon, token = rest.partition(":")
        return _changed(sheet, name, lambda value: _without(value, token)), name.partition(".")[0]
    return sheet, ""


def with_uploads(
    sheet: Sheet, files: MultiValueDict[str, UploadedFile], *, campaign: Campaign, actor: User
) -> tuple[Sheet, dict[str, str]]:
    """Pictures that came with the form are kept and chosen; also what was wrong with them, by field name."""
    wrong: dict[str, str] = {}
    for block in sheet.blocks:
        for item in block.inputs:
            if item.kind not in ("picture", "pictures"):
                continue
            for file in files.getlist(f"{item.name}.file")[: _MOST_FILES if item.kind == "pictures" else 1]:
                try:
                    token = keep_picture(campaign=campaign, file=file, actor=actor).token
                except DomainError as error:
                    wrong[item.name] = str(error)
                    continue
                sheet = _changed(sheet, item.name, lambda value, token=token: _with(value, token))
    return sheet, wrong


def complained(sheet: Sheet, wrong: dict[str, str]) -> Sheet:
    """The sheet with ``wrong`` (field name → sentence) at its fields, beside what stands there."""
    blocks = []
    for block in sheet.blocks:
        mine = {
            name.partition(".")[2]: text for name, text in wrong.items() if name.startswith(f"{block.id}.")
        }
        blocks.append(replace(block, errors={**block.errors, **mine}) if mine else block)
    return replace(sheet, blocks=blocks)


def _changed(sheet: Sheet, name: str, change: object) -> Sheet:
    block_id, _dot, key = name.partition(".")
    blocks = [
        replace(block, values={**block.values, key: change(block.values.get(key))})  # type: ignore[operator]
        if block.id == block_id
        else block
        for block in sheet.blocks
    ]
    return replace(sheet, blocks=blocks)


def _with(value: object, token: str) -> object:
    return [*value, token] if isinstance(value, (list, tuple)) else token


def _without(value: object, token: str) -> object:
    if isinstance(value, (list, tuple)):
        return [one for one in value if one != token]
    return "" if value == token else value
