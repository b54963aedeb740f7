"""帮 assist: friends help, stages bring benefits."""

from collections.abc import Iterable, Mapping
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
    Param,
    ParamKind,
    Problem,
    Quota,
    Refused,
    Rules,
    Slot,
    TakeBack,
    Totals,
    Turn,
    Verb,
    Who,
    rule,
)
from apps.campaigns.mechanics.base.rules import Steps


@dataclass(frozen=True, kw_only=True)
class AssistRules(Rules):
    stages: Steps = rule(
        _("助力台阶"),
        default=(3, 10, 30),
        minimum=1,
        maximum=10_000,
        why=_("每到一个人数发一档礼品。第一档要低，让多数人能拿到；常用 3、10、30。"),
        unit=_("人"),
    )
    hours: int = rule(
        _("限时"),
        default=72,
        minimum=1,
        maximum=24 * 60,
        why=_("从发起到截止的小时数；本期先结束的，以本期为准。"),
        unit=_("小时"),
    )
    is_new_only: bool = rule(
        _("只有新成员能助力"),
        default=True,
        why=_("新成员：本期开始之后才第一次登记、也没有更早入群的人。拉新活动请打开。"),
    )
    helps_per_member: int = rule(
        _("每人最多助力"),
        default=3,
        minimum=1,
        maximum=1_000,
        why=_("同一个人在一期里最多帮几个人；防止互刷群。"),
        unit=_("次"),
    )
    voids_leavers: bool = rule(
        _("退群作废"),
        default=True,
        why=_("助力的人在结算前退出活动社群，这次助力作废，人数重新计算。"),
    )
    needs_proof: bool = rule(
        _("截图任务"),
        default=False,
        why=_("助力要上传截图，由运营审核后才算数。适合关注、评论等平台外的任务。"),
    )

    def problems(self) -> Iterable[Problem]:
        if not self.stages:
            yield Problem("stages", _("请至少写一档助力人数。"), _("例如 3, 10, 30。"))
        if list(self.stages) != sorted(set(self.stages)):
            yield Problem("stages", _("台阶要从小到大、不重复。"), _("例如 3, 10, 30。"))


class Assist(Mechanic[AssistRules]):
    key = "assist"
    label = _("助力")
    mark = "帮"
    icon = "volunteer_activism"
    purpose = _("请好友帮忙，到一档领一档礼品：拉新最稳的玩法。")
    typical = (_("首档 3 人，完成率 20%–40%"), _("每位发起人带来 2–6 位新成员"))
    compliance = _(
        "微信禁止外链网页以利益诱导分享、助力、集赞：请用小程序承载，只奖励好友的登记或入群，不奖励分享动作本身。"
    )
    entry_word = _("助力单")
    part_word = _("助力")
    rules_type = AssistRules
    verbs = (
        Verb("start", _("发起助力"), Who.ANYONE, opens=True),
        Verb(
            "help",
            _("为 TA 助力"),
            Who.OTHERS,
            params=(
                Param(
                    "photos", _("截图"), ParamKind.PHOTOS, is_required=False, most=3, help=_("截图任务必填。")
                ),
            ),
        ),
        Verb(
            "review",
            _("审核截图"),
            Who.STAFF,
            params=(
                Param("part", _("助力"), ParamKind.PART),
                Param("accept", _("通过"), ParamKind.BOOLEAN),
                Param("note", _("说明"), is_required=False),
            ),
            after_close=True,
        ),
    )

    def slots(self, rules: AssistRules) -> list[Slot]:
        stages = [
            Slot(
                f"stage_{number}",
                _("满 %(number)d 人") % {"number": number},
                _("发起人得到。"),
                is_required=index == 0,
            )
            for index, number in enumerate(rules.stages)
        ]
        return [*stages, Slot("helper", _("助力者"), _("每位助力的人得到，可不设。"))]

    def voids_leavers(self, rules: AssistRules) -> bool:
        return rules.voids_leavers

    # --- decisions ---------------------------------------------------------------------------------

    def on_start(self, turn: Turn[AssistRules]) -> Decision:
        return Decision(
            (
                ChangeEntry(
                    state=EntryState.OPEN,
                    expires_at=min(turn.now + timedelta(hours=turn.rules.hours), turn.run.closes_at),
                    capacity=turn.rules.stages[-1],
                ),
            )
        )

    def on_help(self, turn: Turn[AssistRules]) -> Decision:
        rules, entry = turn.rules, turn.entry
        if entry.mine:
            raise Refused(_("你已经为 TA 助力过了。"), hint=_("每人只能助力一次。"), code="already_helped")
        if rules.is_new_only and not turn.action.actor.is_new:
            raise Refused(
                _("这次只有新朋友能助力。"), hint=_("你可以自己发起一单。"), code="new_members_only"
            )
        if entry.count + entry.pending_count >= rules.stages[-1]:
            raise Refused(_("助力人数已经满了。"), hint=_("你可以自己发起一单。"), code="full")
        photos = list(turn.action.params.get("photos") or ())
        if rules.needs_proof and not photos:
            raise Refused(_("请上传截图。"), hint=_("按页面说明完成任务，再上传截图。"), code="proof_needed")
        quota = Quota(
            turn.member_id,
            "help",
            rules.helps_per_member,
            code="help_limit",
            message=_("你在本期的助力次数用完了。"),
        )
        if rules.needs_proof:
            part = AddPart(turn.member_id, "help", state=PartState.PENDING, data={"photos": photos})
            return Decision((quota, part), {"helped": 1, "pending": True})
        return Decision(
            (quota, AddPart(turn.member_id, "help"), *_helped(turn, turn.member_id)),
            {"helped": 1, "count": entry.count + 1},
        )

    def on_review(self, turn: Turn[AssistRules]) -> Decision:
        part = turn.action.part
        if part is None or part.state != PartState.PENDING:
            raise Refused(_("这条助力已经审核过了。"), hint=_("刷新页面看看结果。"), code="reviewed")
        data = {**part.data, "note": turn.action.params.get("note", "")}
        if not turn.action.params["accept"]:
            back = Quota(part.member_id, "help", turn.rules.helps_per_member, amount=-1)
            return Decision((ChangePart(part.id, state=PartState.VOID, data=data), back), {"accepted": False})
        return Decision(
            (ChangePart(part.id, state=PartState.COUNTED, data=data), *_helped(turn, part.member_id)),
            {"accepted": True},
        )

    def on_voided(self, turn: Turn[AssistRules]) -> Decision:
        part = turn.action.part
        assert part is not None
        effects: list[Effect] = [ChangePart(part.id, state=PartState.VOID)]
        if part.state != PartState.COUNTED:
            return Decision(tuple(effects))
        left = turn.entry.count - 1
        lost = [number for number in turn.rules.stages if left < number <= turn.entry.count]
        effects += [TakeBack(f"stage_{number}", "voided") for number in lost]
        effects.append(TakeBack(f"helper_{part.member_id}", "voided"))
        if turn.entry.state == EntryState.WON and left < turn.rules.stages[-1]:
            alive = turn.entry.expires_at is not None and turn.now < turn.entry.expires_at
            if alive:
                effects.append(ChangeEntry(state=EntryState.OPEN, reason=""))
            elif left < turn.rules.stages[0]:
                effects.append(ChangeEntry(state=EntryState.FAILED, reason="voided"))
        return Decision(tuple(effects))

    def on_expire(self, turn: Turn[AssistRules]) -> Decision:
        pending = [
            effect
            for part in turn.entry.parts
            if part.state == PartState.PENDING
            for effect in (ChangePart(part.id, state=PartState.VOID, data={**part.data, "note": "expired"}),)
        ]
        won = turn.entry.count >= turn.rules.stages[0]
        end = ChangeEntry(state=EntryState.WON if won else EntryState.FAILED, reason="expired")
        return Decision((*pending, end))

    # --- what is shown -----------------------------------------------------------------------------

    def page(self, turn: Turn[AssistRules]) -> Page:
        rules, entry = turn.rules, turn.state
        if entry is None:
            return Page(
                mood="before",
                headline=_("邀请好友助力，满 %(first)d 人就有礼") % {"first": rules.stages[0]},
                goal=Decimal(rules.stages[0]),
                unit=_("人"),
                buttons=(Button("start", _("我要发起")),),
                lines=tuple(_("满 %(n)d 人领一档礼品") % {"n": n} for n in rules.stages),
                ends_at=turn.run.closes_at,
            )
        goal = _next_stage(rules, entry.count)
        left = goal - entry.count
        page = Page(
            mood="friend",
            headline=_("帮 TA 一把，还差 %(left)d 人") % {"left": left},
            done=Decimal(entry.count),
            goal=Decimal(goal),
            unit=_("人"),
            buttons=(Button("help", _("为 TA 助力")),),
            ends_at=entry.expires_at,
        )
        if entry.state == EntryState.WON:
            return replace(page, mood="done", headline=_("助力成功，礼品已到账"), buttons=())
        if entry.state not in (EntryState.OPEN, EntryState.PENDING):
            return replace(page, mood="failed", headline=_("助力已结束"), buttons=())
        if turn.is_owner:
            return replace(
                page,
                mood="nearly" if left == 1 else "mine",
                headline=_("还差 %(left)d 人领下一档") % {"left": left},
                text=_("把链接发给还没来过的朋友。") if rules.is_new_only else _("把链接发给朋友。"),
                buttons=(),
            )
        if entry.mine:
            return replace(page, headline=_("已为 TA 助力，谢谢你"), buttons=())
        return page

    def costs(self, rules: AssistRules, prices: Mapping[str, Decimal]) -> Costs:
        helper = prices.get("helper", Decimal(0))
        stages = [prices.get(f"stage_{number}", Decimal(0)) for number in rules.stages]
        worst = sum(stages, Decimal(0)) + helper * rules.stages[-1]
        # A third reach the first stage, a tenth of those each further one: the middle of what the trade reports.
        expected, share = Decimal(0), Decimal("0.30")
        for price in stages:
            expected += price * share
            share *= Decimal("0.30")
        expected += helper * min(Decimal(rules.stages[-1]), Decimal(rules.stages[0]))
        return Costs(
            best=Decimal("0.00"),
            expected=expected.quantize(Decimal("0.01")),
            worst=worst.quantize(Decimal("0.01")),
            assumptions=(_("预期：30% 的发起人到第一档，之后每档再剩 30%。"), _("最坏：人人都到最后一档。")),
        )

    def figures(self, rules: AssistRules, totals: Totals) -> list[Figure]:
        helped = totals.score_sum / totals.entries if totals.entries else Decimal(0)
        return [Figure(_("每单助力"), f"{helped:.1f}", _("有效助力人数 ÷ 助力单数。"))]


def _helped(turn: Turn[AssistRules], helper_id: int) -> list[Effect]:
    """What one more counted helper brings; the caller adds or counts the part itself."""
    count = turn.entry.count + 1
    effects: list[Effect] = [Give("helper", helper_id, f"helper_{helper_id}")]
    if count in turn.rules.stages:
        effects.append(Give(f"stage_{count}", turn.entry.owner_id, f"stage_{count}"))
    if count >= turn.rules.stages[-1]:
        effects.append(ChangeEntry(state=EntryState.WON, reason="full"))
    return effects


def _next_stage(rules: AssistRules, count: int) -> int:
    return next((number for number in rules.stages if number > count), rules.stages[-1])


MECHANIC = Assist()
