"""What the blocks of a version must be (S6)."""

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.campaigns.blocks.registry import all_blocks
from apps.campaigns.enums import Section
from apps.campaigns.models import Campaign, LandingPicture
from apps.core.errors import Invalid
from apps.core.sentences import listed

MOST_BLOCKS = 40
_ID = re.compile(r"[0-9a-f]{8}")


def new_block_id() -> str:
    return secrets.token_hex(4)


def clean_blocks(blocks: Any, *, campaign: Campaign, is_draft: bool) -> list[dict[str, Any]]:
    """Blocks as a version keeps them, in the order of the page: top, middle, bottom.

    A block without a sound id gets a new one. Raises ``Invalid``, with ``field`` ``<block id>.<field key>`` where
    one field is at fault, ``<block id>`` for a block, ``blocks`` for all of them. Pictures must be the campaign's.
    """
    if not isinstance(blocks, (list, tuple)):
        raise Invalid(_("页面内容读不出来。"), hint=_("刷新编辑页再试。"), field="blocks")
    if len(blocks) > MOST_BLOCKS:
        raise Invalid(
            _("一页最多 %(most)d 块。") % {"most": MOST_BLOCKS},
            hint=_("删掉一些：短的页面更多人看完。"),
            field="blocks",
        )
    seen: set[str] = set()
    clean = [_clean_block(block, seen, is_draft=is_draft) for block in blocks]
    _check_pictures(clean, campaign)
    order = list(Section.values)
    return sorted(clean, key=lambda block: order.index(block["section"]))


def check_complete(blocks: Sequence[Mapping[str, Any]], *, campaign: Campaign) -> None:
    """Raise ``Invalid`` unless a page of ``blocks`` may go to members: nothing missing, and the rules on it."""
    clean_blocks(blocks, campaign=campaign, is_draft=False)
    if not blocks:
        raise Invalid(_("页面还是空的。"), hint=_("加几块内容，或从玩法模板开始。"), field="blocks")
    if not any(block["kind"] == "rules" for block in blocks):
        raise Invalid(
            _("页面上没有活动规则。"), hint=_("加一块“活动规则”：规则写在页面上才算数。"), field="blocks"
        )


def _clean_block(block: Any, seen: set[str], *, is_draft: bool) -> dict[str, Any]:
    if not isinstance(block, Mapping) or block.get("kind") not in all_blocks():
        raise Invalid(_("有一块内容的种类不存在。"), hint=_("删掉它，重新添加。"), field="blocks")
    kind = all_blocks()[block["kind"]]
    given = block.get("id")
    block_id = given if isinstance(given, str) and _ID.fullmatch(given) else new_block_id()
    if block_id in seen:
        raise Invalid(_("有两块内容的编号相同。"), hint=_("删掉其中一块，重新添加。"), field=block_id)
    seen.add(block_id)
    section = block.get("section")
    if section not in kind.sections:
        places = listed(place.label for place in kind.sections)
        raise Invalid(
            _("“%(block)s”不能放在这里。") % {"block": kind.label},
            hint=_("可以放在：%(places)s。") % {"places": places},
            field=block_id,
        )
    data = block.get("data")
    try:
        clean = kind.clean(data if isinstance(data, Mapping) else {}, is_draft=is_draft)
    except Invalid as error:
        raise Invalid(error.message, hint=error.hint, field=f"{block_id}.{error.field}") from error
    return {"id": block_id, "kind": kind.key, "section": str(section), "data": clean}


def tokens_of(blocks: Iterable[Mapping[str, Any]]) -> set[str]:
    """Tokens of all pictures that ``blocks`` show; unknown kinds show none."""
    kinds = all_blocks()
    return {
        token
        for block in blocks
        if block["kind"] in kinds
        for token in kinds[block["kind"]].tokens(block["data"])
    }


def _check_pictures(blocks: Sequence[Mapping[str, Any]], campaign: Campaign) -> None:
    wanted = tokens_of(blocks)
    known = set(
        LandingPicture.objects.filter(campaign=campaign, token__in=wanted).values_list("token", flat=True)
    )
    for block in blocks:
        if tokens_of([block]) - known:
            raise Invalid(
                _("有一张图片不在这个活动里。"), hint=_("请重新上传，再选它。"), field=str(block["id"])
            )
