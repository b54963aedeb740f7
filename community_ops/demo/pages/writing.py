"""Landing pages as an operator would write them: the shipped page of the mechanic, with a picture and some proof.

What only a real customer, expert or authority could say is marked 演示 on the page itself.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from apps.accounts.models import User
from apps.campaigns.blocks.registry import get_block
from apps.campaigns.enums import Section, Variant
from apps.campaigns.models import Campaign, LandingVersion
from apps.campaigns.services import landing
from community_ops.demo.pages.pictures import picture

type Block = dict[str, Any]
type Change = Callable[[list[Block]], None]

_TESTIMONY = "【演示】这里放一位真实顾客的原话。上线前请换成本人同意公开的证言，没有就删掉这一块。"
_FIGURES = [["8 个", "演示社群"], ["420 位", "演示成员"], ["7 种", "可以玩的活动"]]
#: Title → (motif of the picture, one line under the headline, what one gets).
_PAGES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "三人助力，领洗衣凝珠": (
        "beads",
        "三位新朋友点一下，30 颗凝珠寄到家；朋友也有积分。",
        ("满 3 人：洗衣凝珠 30 颗，包邮", "满 8 人：再得 8.88 元红包", "帮忙的朋友：20 积分"),
    ),
    "晒单截图，请你喝柠檬茶": (
        "tea",
        "两位好友上传晒单截图，审核通过就请你喝一杯。",
        ("满 2 人：柠檬茶一杯", "满 5 人：会员 30 天"),
    ),
    "双享券：你一张，我一张": (
        "tickets",
        "新朋友减 15，你打八五折，两张一起到账。",
        ("新朋友：满 59 减 15", "你：八五折券，最多省 20 元"),
    ),
    "烟台苹果三人团": (
        "apples",
        "三个人一起买，一箱省 10 元；团长再减 3 元。",
        ("5 斤装一箱，今晚发货", "没成团，付款原路退回"),
    ),
    "买一送一：请朋友喝咖啡": (
        "coffee",
        "买一份两杯，一杯自己喝，一杯包好送朋友。",
        ("手冲咖啡两杯", "24 小时没人领，退这一杯的钱"),
    ),
    "电饭煲砍到 99": (
        "cooker",
        "正好五位好友，199 砍到 99，一刀不多一刀不少。",
        ("3L 电饭煲，99 元到手", "砍到底，留货 24 小时"),
    ),
    "拉新达人榜": (
        "cup",
        "带来的新朋友越多，名次越高；退群的不算。",
        ("第 1 名：三人速开帐篷", "2–3 名：8.88 元红包", "4–10 名：八五折券"),
    ),
    "邻里闲置，换一换": (
        "swap",
        "拍张照就能上架，用闲置或积分换邻居的。",
        ("先审后上架", "双方确认收到才算成交"),
    ),
}
#: The campaign whose page has a rival.
COMPARED = "双享券：你一张，我一张"


def publish_page(*, campaign: Campaign, actor: User, now: datetime) -> list[LandingVersion]:
    """Write and publish the campaign's page; what is live then, nothing for a campaign without a page here."""
    if campaign.title not in _PAGES:
        return []
    motif, sub, gets = _PAGES[campaign.title]
    token = landing.keep_picture(campaign=campaign, file=picture(motif), actor=actor).token
    draft = landing.start_draft(campaign=campaign, variant=Variant.A, actor=actor, now=now)

    def change(blocks: list[Block]) -> None:
        _of(blocks, "hero")["data"] |= {"sub": sub, "picture": token}
        _of(blocks, "offer")["data"]["gets"] = list(gets)
        blocks += [_proof("testimony", name="演示顾客", text=_TESTIMONY, is_real=True)]
        blocks += [_proof("figures", title="用数字说话", items=_FIGURES, source="演示数据，随演示一起生成")]

    return [_published(draft, change, title="演示页", actor=actor, now=now)]


def publish_rival(
    *, campaign: Campaign, live: LandingVersion, actor: User, now: datetime
) -> list[LandingVersion]:
    """Publish a B beside the live A: what one gets comes first, and how to take part right after it."""
    draft = landing.start_draft(campaign=campaign, variant=Variant.B, actor=actor, now=now, source=live)

    def change(blocks: list[Block]) -> None:
        _of(blocks, "hero")["data"]["headline"] = "请朋友省 15 元，你自己打八五折"
        steps = _of(blocks, "steps")
        steps["section"] = Section.TOP.value
        blocks.remove(steps)
        blocks.insert(2, steps)

    rival = _published(draft, change, title="步骤放前面", actor=actor, now=now)
    return [live, rival]


def _published(
    draft: LandingVersion, change: Change, *, title: str, actor: User, now: datetime
) -> LandingVersion:
    blocks = [{**block, "data": dict(block["data"])} for block in draft.blocks]
    change(blocks)
    saved = landing.save_draft(
        campaign=draft.campaign,
        variant=draft.variant,
        blocks=blocks,
        theme=draft.theme,
        title=title,
        actor=actor,
        now=now,
    )
    return landing.publish(version=saved, actor=actor, now=now)


def _of(blocks: list[Block], kind: str) -> Block:
    return next(block for block in blocks if block["kind"] == kind)


def _proof(kind: str, **data: Any) -> Block:
    empty = get_block(kind).empty()
    return {"kind": kind, "section": Section.MIDDLE.value, "data": {**empty, **data}}
