"""券 coupon: claim one, invite a friend, and both get one: both or neither (C6)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from apps.campaigns.enums import EntryState, PartState
from apps.campaigns.mechanics.base import (
    AddPart,
    Button,
    ChangeEntry,
    ChangePart,
    Costs,
    Decision,
    Effect,
    Figure,
    Give,
    Mechanic,
    Page,
    Quota,
    Refused,
    Result,
    Rules,
    Shape,
    Slot,
    State,
    Stock,
    TakeBack,
    Totals,
    Turn,
    Verb,
    Who,
    rule,
)
from apps.campaigns.mechanics.base.rules import Text

CENT = Decimal("0.01")


@dataclass(frozen=True, kw_only=True)
class CouponRules(Rules):
    invites: int = rule(
        _("每人最多邀请"),
        default=5,
        minimum=1,
        maximum=10_000,
        why=_("一位邀请人在一期里最多带来几位好友、得到几份奖励。上限让成本算得出来；常用 3–10。"),
        unit=_("人"),
    )
    is_new_only: bool = rule(
        _("只有新成员能领"),
        default=True,
        why=_("好友必须是新成员：本期开始之后才第一次登记、也没有更早入群的人。拉新活动请打开。"),
    )
    accepts_per_friend: int = rule(
        _("每位好友领几次"),
        default=1,
        minimum=1,
        maximum=100,
        why=_("同一位好友在一期里最多从几位邀请人那里领。填 1：一位好友只给一位邀请人带来奖励。"),
        unit=_("次"),
    )
    is_one_way: bool = rule(
        _("不能互相领"),
        default=True,
        why=_("甲领了乙的，乙就不能再领甲的：防止两个人对领，把券领成双份。"),
    )
    hours: int = rule(
        _("邀请有效"),
        default=168,
        minimum=1,
        maximum=24 * 60,
        why=_("从领券到邀请失效的小时数；本期先结束的，以本期为准。这不是券的有效期，券的有效期在礼品里设。"),
        unit=_("小时"),
    )
    voids_leavers: bool = rule(
        _("退群作废"),
        default=False,
        why=_("好友在结算前退出活动社群，这一对奖励里没用过的券都收回，名额还给邀请人。"),
    )


type CouponTurn = Turn[CouponRules]


class TwoSidedCoupon(Mechanic[CouponRules]):
    key = "coupon"
    label = _("双向券")
    mark = "券"
    icon = "confirmation_number"
    purpose = _("自己领一张，带一位好友来，两个人各得一份：用券换新成员，到店核销看得见。")
    typical = (_("平均每人带来 0.5–1.5 位好友"), _("双向券核销率 20%–40%，比单发的券高"))
    compliance = _(
        "券的门槛、范围、有效期要写明，领了就要能用。只奖励好友来领券，不奖励转发；只有直接邀请一级，不做多级。"
        "微信禁止外链网页利诱分享：请用小程序承载。"
    )
    entry_word = _("邀请")
    part_word = _("好友领券")
    rules_type = CouponRules
    stock_word = _("对")
    verbs = (
        Verb("claim", _("领券并邀请"), Who.ANYONE, opens=True),
        Verb("accept", _("领取好友的券"), Who.OTHERS),
    )

    def slots(self, rules: CouponRules) -> list[Slot]:
        return [
            Slot("friend", _("好友"), _("好友领到的，和邀请人的那份同时发出。"), is_required=True),
            Slot("inviter", _("邀请人"), _("每带来一位好友得一份，和好友的那份同时发出。"), is_required=True),
            Slot("self", _("自己先领"), _("发起邀请时自己得到，每人每期一次，可不设。")),
        ]

    def voids_leavers(self, rules: CouponRules) -> bool:
        return rules.voids_leavers

    # --- decisions ---------------------------------------------------------------------------------

    def on_claim(self, turn: CouponTurn) -> Decision:
        once = Quota(turn.member_id, "claim", 1, code="already_claimed", message=_("你在本期已经领过了。"))
        opened = ChangeEntry(
            state=EntryState.OPEN,
            expires_at=min(turn.now + timedelta(hours=turn.rules.hours), turn.run.closes_at),
            capacity=turn.rules.invites,
        )
        return Decision((once, opened, Give("self", turn.member_id, "self")))

    def on_accept(self, turn: CouponTurn) -> Decision:
        rules, entry, friend = turn.rules, turn.entry, turn.member_id
        if entry.mine:
            raise Refused(
                _("你已经领过 TA 的券了。"), hint=_("在“我的券”里可以看到。"), code="already_accepted"
            )
        if _is_over(turn):
            raise Refused(_("这份邀请已经过期了。"), hint=_("你可以自己领券。"), code="ended")
        if rules.is_new_only and not turn.action.actor.is_new:
            raise Refused(
                _("这张券只给新朋友。"), hint=_("你可以自己领券，再邀请新朋友。"), code="new_members_only"
            )
        if entry.count >= rules.invites:
            raise Refused(_("TA 的邀请名额用完了。"), hint=_("你可以自己领券。"), code="full")
        effects: list[Effect] = [
            Quota(
                friend,
                "accept",
                rules.accepts_per_friend,
                code="already_brought",
                message=_("你在本期已经领过好友的券了。"),
            ),
            *_pair_quota(turn, friend, 1),
            Stock(sold=1),
            AddPart(friend, "accept"),
            # Neither may wait for money: if one cannot be given, both are refused (C6).
            Give("friend", friend, f"friend_{friend}"),
            Give("inviter", entry.owner_id, f"inviter_{friend}"),
        ]
        if entry.count + 1 >= rules.invites:
            effects.append(ChangeEntry(state=EntryState.WON, reason="full"))
        return Decision(tuple(effects), {"accepted": 1, "count": entry.count + 1})

    def on_voided(self, turn: CouponTurn) -> Decision:
        part, entry = turn.action.part, turn.entry
        assert part is not None
        effects: list[Effect] = [
            ChangePart(part.id, state=PartState.VOID),
            Stock(sold=-1),
            TakeBack(f"friend_{part.member_id}", "voided"),
            TakeBack(f"inviter_{part.member_id}", "voided"),
            *_pair_quota(turn, part.member_id, -1),
        ]
        if entry.state == EntryState.WON:
            if not _is_over(turn):
                effects.append(ChangeEntry(state=EntryState.OPEN))
            elif entry.count <= 1:
                effects.append(ChangeEntry(state=EntryState.FAILED, reason="voided"))
        return Decision(tuple(effects))

    def on_expire(self, turn: CouponTurn) -> Decision:
        won = turn.entry.count > 0
        return Decision((ChangeEntry(state=EntryState.WON if won else EntryState.FAILED, reason="expired"),))

    # --- what is shown -----------------------------------------------------------------------------

    def page(self, turn: CouponTurn) -> Page:
        rules, entry = turn.rules, turn.state
        if entry is None:
            return Page(
                mood="before",
                headline=_("带一位好友来，两个人都有券"),
                goal=Decimal(rules.invites),
                unit=_("人"),
                buttons=(Button("claim", _("领券并邀请")),),
                lines=_terms(rules),
                ends_at=turn.run.closes_at,
            )
        page = Page(
            mood="ended",
            headline=_("邀请已结束"),
            done=Decimal(entry.count),
            goal=Decimal(rules.invites),
            unit=_("人"),
            lines=_terms(rules),
            ends_at=entry.expires_at,
        )
        if turn.is_owner:
            return _owner_page(turn, entry, page)
        if entry.mine:
            return replace(page, mood="done", headline=_("领到了，TA 也得到一份"), text=_("记得去用。"))
        if entry.state == EntryState.WON and entry.count >= rules.invites:
            return replace(page, mood="ended", headline=_("TA 的邀请名额用完了"))
        if entry.state != EntryState.OPEN or _is_over(turn):
            return page
        return replace(
            page,
            mood="friend",
            headline=_("好友送你一份券，领了 TA 也得一份"),
            text=_("只给新朋友。") if rules.is_new_only else "",
            buttons=(Button("accept", _("领取")),),
        )

    def forecast_shape(self, rules: CouponRules) -> Shape:
        def result(count: int, has_paid: bool) -> Result:
            return Result({"self": 1, "friend": count, "inviter": count}, stock=count, won=int(count > 0))

        return Shape(
            seats=rules.invites,
            result=result,
            hours=rules.hours,
            is_new_only=rules.is_new_only,
            per_contributor=rules.accepts_per_friend,
        )

    def costs(self, rules: CouponRules, prices: Mapping[str, Decimal]) -> Costs:
        own = prices.get("self", Decimal(0))
        pair = prices.get("friend", Decimal(0)) + prices.get("inviter", Decimal(0))
        return Costs(
            best=own.quantize(CENT),
            expected=(own + pair).quantize(CENT),
            worst=(own + pair * rules.invites).quantize(CENT),
            assumptions=(
                _("按成本价算，领了就算花了；没核销的会更省。"),
                _("预期：平均每人带来 1 位好友。最坏：人人用完邀请名额。"),
            ),
        )

    def figures(self, rules: CouponRules, totals: Totals) -> list[Figure]:
        brought = totals.score_sum / totals.entries if totals.entries else Decimal(0)
        return [
            Figure(_("发出几对"), f"{totals.score_sum:.0f}", _("好友和邀请人同时领到的次数。")),
            Figure(_("每人带来"), f"{brought:.2f}", _("有效好友 ÷ 邀请人数。")),
        ]


def _is_over(turn: CouponTurn) -> bool:
    """Is the invitation's time up? The clock decides, not whether ``expire`` has run yet."""
    ends = turn.entry.expires_at
    return turn.now >= turn.run.closes_at or (ends is not None and turn.now >= ends)


def _pair_quota(turn: CouponTurn, friend_id: int, amount: int) -> tuple[Quota, ...]:
    """One acceptance between two members, in whichever direction; ``amount`` −1 gives it back."""
    if not turn.rules.is_one_way:
        return ()
    first, second = sorted((friend_id, turn.entry.owner_id))
    return (
        Quota(
            first,
            f"pair:{second}",
            1,
            amount=amount,
            code="mutual",
            message=_("TA 已经领过你的券了，不能互相领。"),
        ),
    )


def _owner_page(turn: CouponTurn, entry: State, page: Page) -> Page:
    left = turn.rules.invites - entry.count
    if entry.state == EntryState.OPEN and not _is_over(turn):
        headline: Text = _("每来一位好友，两个人各得一份")
        if entry.count:
            headline = _("已带来 %(n)d 位好友") % {"n": entry.count}
        return replace(
            page,
            mood="nearly" if left == 1 else "mine",
            headline=headline,
            text=_("还能邀请 %(left)d 位。") % {"left": left},
        )
    if entry.state == EntryState.WON:
        return replace(
            page, mood="done", headline=_("你带来了 %(n)d 位好友，券都到账了") % {"n": entry.count}
        )
    if entry.state in (EntryState.FAILED, EntryState.CANCELLED):
        return replace(page, mood="failed", text=_("下一期再来。"))
    return page


def _terms(rules: CouponRules) -> tuple[Text, ...]:
    """The rules that a member must be able to read before taking part."""
    lines: list[Text] = [_("每人最多邀请 %(n)d 位") % {"n": rules.invites}]
    if rules.is_new_only:
        lines.append(_("好友要是新朋友"))
    if rules.is_one_way:
        lines.append(_("两个人之间只能领一次"))
    lines.append(_("每位好友本期可领 %(n)d 次") % {"n": rules.accepts_per_friend})
    return tuple(lines)


MECHANIC = TwoSidedCoupon()
