"""Blocks as a form, and a form as blocks: widgets come from what a kind of block says of its fields.

A block ``id`` is posted as ``block`` (one for each, in the order of the page), ``<id>.kind``, ``<id>.section`` and
``<id>.<field>``; rows of two texts as parallel ``<id>.<field>.a`` and ``.b``. What was typed is kept as it was.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from apps.campaigns.blocks.base import Block
from apps.campaigns.blocks.fields import TOKEN
from apps.campaigns.blocks.registry import all_blocks
from apps.campaigns.enums import Section
from apps.campaigns.services.landing.content import MOST_BLOCKS, new_block_id
from apps.core.errors import Invalid

_ID = re.compile(r"[0-9a-f]{8}")
_EXCERPT = 40
#: More rows than any block takes are not even read.
_MOST_ROWS = 100


@dataclass(frozen=True)
class BlockInput:
    """One field with what its widget shows: text, a tick, rows of two texts, or tokens of pictures."""

    name: str
    key: str
    kind: str
    label: Any
    help: Any
    most: int
    each: Sequence[int]
    is_required: bool
    choices: Sequence[tuple[str, Any]]
    columns: Sequence[Any]
    value: Any
    error: str = ""

    @property
    def rows(self) -> list[Any]:
        """Rows of two texts with one to fill in; as many as there may be at most."""
        shown = list(self.value)
        return shown if len(shown) >= self.most else [*shown, ["", ""]]


@dataclass(frozen=True)
class TypedBlock:
    """A block as it stands in the form. ``error`` is about the whole of it, ``errors`` about its fields."""

    id: str
    kind: Block
    section: str
    values: Mapping[str, Any]
    errors: Mapping[str, str] = field(default_factory=dict)
    error: str = ""

    @property
    def inputs(self) -> list[BlockInput]:
        return [
            BlockInput(
                name=f"{self.id}.{item['key']}",
                key=item["key"],
                kind=item["kind"],
                label=item["label"],
                help=item["help"],
                most=item["most"],
                each=item["each"],
                is_required=item["is_required"],
                choices=item["choices"],
                columns=item["columns"],
                value=_widget(item["kind"], self.values.get(item["key"], item["default"])),
                error=self.errors.get(item["key"], ""),
            )
            for item in self.kind.fields()
        ]

    @property
    def excerpt(self) -> str:
        """The first words in it, to know it by while it is closed."""
        for item in self.kind.fields():
            value = self.values.get(item["key"])
            if item["kind"] in ("text", "long") and isinstance(value, str) and value.strip():
                text = " ".join(value.split())
                return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}…"
        return ""

    @property
    def is_wrong(self) -> bool:
        return bool(self.error or self.errors)

    @property
    def sections(self) -> str:
        """Where it may stand, for the page's script."""
        return " ".join(section.value for section in self.kind.sections)

    @property
    def elsewhere(self) -> list[tuple[str, str]]:
        """Sections it may be moved to: value and label."""
        return [(one.value, str(one.label)) for one in self.kind.sections if one.value != self.section]

    def stored(self) -> dict[str, Any]:
        """As ``save_draft`` takes it."""
        return {
            "id": self.id,
            "kind": self.kind.key,
            "section": self.section,
            "data": {
                item["key"]: _raw(item["kind"], self.values.get(item["key"])) for item in self.kind.fields()
            },
        }

    def checked(self, *, is_draft: bool) -> "TypedBlock":
        """With every error in it, not the first alone."""
        errors = {}
        for spec in self.kind.inputs:
            raw = _raw(spec.kind.value, self.values.get(spec.key))
            try:
                spec.clean(raw, is_draft=is_draft)
            except Invalid as error:
                errors[spec.key] = str(error)
        return replace(self, errors=errors)


def from_stored(blocks: Iterable[Mapping[str, Any]]) -> list[TypedBlock]:
    """Kinds that are no more are left out."""
    kinds = all_blocks()
    return [
        TypedBlock(block["id"], kinds[block["kind"]], block["section"], block["data"])
        for block in blocks
        if block["kind"] in kinds
    ]


def from_post(post: QueryDict) -> list[TypedBlock]:
    """What was posted, in its order; what no form of ours posts is left out."""
    kinds = all_blocks()
    found: dict[str, TypedBlock] = {}
    for block_id in post.getlist("block")[: MOST_BLOCKS + 1]:
        kind = kinds.get(post.get(f"{block_id}.kind", ""))
        section = post.get(f"{block_id}.section", "")
        if kind is None or not _ID.fullmatch(block_id) or section not in Section.values:
            continue
        values = {
            item["key"]: _typed(item["kind"], f"{block_id}.{item['key']}", post) for item in kind.fields()
        }
        found.setdefault(block_id, TypedBlock(block_id, kind, section, values))
    return list(found.values())


def new_block(kind: Block, section: str) -> TypedBlock:
    return TypedBlock(new_block_id(), kind, section, kind.empty())


def with_error(blocks: list[TypedBlock], error: Invalid) -> tuple[list[TypedBlock], str]:
    """Puts a refusal at the block or the field that it names; what names neither comes back as a sentence."""
    block_id, _dot, key = (error.field or "").partition(".")
    for place, block in enumerate(blocks):
        if block.id != block_id:
            continue
        if key:
            changed = replace(block, errors={**block.errors, key: block.errors.get(key) or str(error)})
        else:
            changed = replace(block, error=str(error))
        return [*blocks[:place], changed, *blocks[place + 1 :]], ""
    return blocks, str(error)


def moved(blocks: list[TypedBlock], verb: str, block_id: str, where: str = "") -> list[TypedBlock]:
    """The page after ``up``, ``down``, ``remove`` or ``to`` (another section). Nothing changes for what is not there."""
    order = list(Section.values)
    blocks = sorted(blocks, key=lambda block: order.index(block.section))
    place = next((number for number, block in enumerate(blocks) if block.id == block_id), None)
    if place is None:
        return blocks
    block = blocks[place]
    if verb == "remove":
        return [one for one in blocks if one.id != block_id]
    if verb == "to" and where in {one for one, _label in block.elsewhere}:
        rest = [one for one in blocks if one.id != block_id]
        return sorted([*rest, replace(block, section=where)], key=lambda one: order.index(one.section))
    other = place + {"up": -1, "down": 1}.get(verb, 0)
    if 0 <= other < len(blocks) and blocks[other].section == block.section:
        blocks[place], blocks[other] = blocks[other], blocks[place]
    return blocks


def _widget(kind: str, value: Any) -> Any:
    if kind == "list":
        return value if isinstance(value, str) else "\n".join(value or ())
    if kind in ("pairs", "pictures"):
        return list(value or ())
    return value if kind == "boolean" else ("" if value is None else str(value))


def _typed(kind: str, name: str, post: QueryDict) -> Any:
    if kind == "boolean":
        return name in post
    if kind == "pairs":
        rows = zip(post.getlist(f"{name}.a"), post.getlist(f"{name}.b"), strict=False)
        return [list(row) for row in rows if any(cell.strip() for cell in row)][:_MOST_ROWS]
    if kind == "pictures":
        return [token for token in post.getlist(name) if TOKEN.fullmatch(token)][:_MOST_ROWS]
    if kind == "picture":
        token = post.get(name, "")
        return token if TOKEN.fullmatch(token) else ""
    return post.get(name, "").replace("\r\n", "\n")


def _raw(kind: str, value: Any) -> Any:
    """What a block's ``clean`` reads: an empty number is none at all."""
    return None if kind == "number" and value == "" else value


def complaint(blocks: Sequence[TypedBlock]) -> str:
    """One sentence for the head of a page on which something is wrong."""
    count = sum(len(block.errors) + bool(block.error) for block in blocks)
    return _("还有 %(count)d 处要改，写的内容都在。") % {"count": count} if count else ""
