"""Decisions of an assist. ``open``: friends help. ``matched``: its time is over, screenshots wait for review."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.campaigns.enums import EntryState, PartState
from apps.campaigns.mechanics.assist.pages import assist_page
from apps.campaigns.mechanics.assist.rules import AssistRules
from apps.campaigns.mechanics.base import (
    AddPart,
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
    Part,
    Quota,
    Refused,
    Result,
    Shape,
    Slot,
    TakeBack,
    Totals,
    Turn,
    Verb,
    Who,
)


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
            in_states=(EntryState.OPEN, EntryState.MATCHED),
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
            effects = [*_rejected(turn, part, data), *_end_of_review(turn, turn.entry.count)]
            return Decision(tuple(effects), {"accepted": False})
        effects = [ChangePart(part.id, state=PartState.COUNTED, data=data), *_helped(turn, part.member_id)]
        if turn.entry.count + 1 < turn.rules.stages[-1]:
            effects += _end_of_review(turn, turn.entry.count + 1)
        return Decision(tuple(effects), {"accepted": True})

    def on_voided(self, turn: Turn[AssistRules]) -> Decision:
        part = turn.action.part
        assert part is not None
        effects: list[Effect] = [ChangePart(part.id, state=PartState.VOID)]
        if part.state != PartState.COUNTED:
            return Decision((*effects, *_end_of_review(turn, turn.entry.count)))
        left = turn.entry.count - 1
        lost = [number for number in turn.rules.stages if left < number <= turn.entry.count]
        effects += [TakeBack(f"stage_{number}", "voided") for number in lost]
        effects.append(TakeBack(f"helper_{part.member_id}", "voided"))
        if turn.entry.state == EntryState.WON and left < turn.rules.stages[-1]:
            if _may_go_on(turn):
                effects.append(ChangeEntry(state=EntryState.OPEN, reason=""))
            elif left < turn.rules.stages[0]:
                effects.append(ChangeEntry(state=EntryState.FAILED, reason="voided"))
        return Decision(tuple(effects))

    def on_expire(self, turn: Turn[AssistRules]) -> Decision:
        entry, now = turn.entry, turn.now
        pending = [part for part in entry.parts if part.state == PartState.PENDING]
        if entry.state == EntryState.MATCHED and entry.expires_at is not None and now < entry.expires_at:
            return Decision(())  # the run is over, the time to review is not
        if entry.state == EntryState.OPEN and pending:
            # Whoever sent a screenshot in time must not lose it because nobody looked at it in time.
            until = now + timedelta(hours=turn.rules.review_hours)
            wait = ChangeEntry(state=EntryState.MATCHED, data={**entry.data, "ended": True}, expires_at=until)
            return Decision((wait,))
        late = [e for part in pending for e in _rejected(turn, part, {**part.data, "note": "expired"})]
        return Decision((*late, _end(turn, entry.count, "expired")))

    # --- what is shown -----------------------------------------------------------------------------

    def page(self, turn: Turn[AssistRules]) -> Page:
        return assist_page(turn)

    def forecast_shape(self, rules: AssistRules) -> Shape:
        def result(count: int, has_paid: bool) -> Result:
            stages = {f"stage_{number}": 1 for number in rules.stages if number <= count}
            return Result({**stages, "helper": count}, won=int(count >= rules.stages[0]))

        return Shape(
            seats=rules.stages[-1],
            result=result,
            hours=rules.hours,
            is_new_only=rules.is_new_only,
            per_contributor=rules.helps_per_member,
        )

    def costs(self, rules: AssistRules, prices: Mapping[str, Decimal]) -> Costs:
        helper = prices.get("helper", Decimal(0))
        stages = [prices.get(f"stage_{number}", Decimal(0)) for number in rules.stages]
        worst = sum(stages, Decimal(0)) + helper * rules.stages[-1]
        # Three in ten reach the first stage, three in ten of those the next: the middle of what the trade reports.
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


def _rejected(turn: Turn[AssistRules], part: Part, data: Mapping[str, Any]) -> list[Effect]:
    """A screenshot that does not count: its member may help once more."""
    return [
        ChangePart(part.id, state=PartState.VOID, data=data),
        Quota(part.member_id, "help", turn.rules.helps_per_member, amount=-1),
    ]


def _end(turn: Turn[AssistRules], count: int, reason: str) -> ChangeEntry:
    won = count >= turn.rules.stages[0]
    return ChangeEntry(state=EntryState.WON if won else EntryState.FAILED, reason=reason)


def _end_of_review(turn: Turn[AssistRules], count: int) -> list[Effect]:
    """The entry's end once its time is over and the last waiting screenshot has been dealt with; ``count`` is the
    number of helpers then."""
    if turn.entry.state != EntryState.MATCHED or turn.entry.pending_count > 1:
        return []
    return [_end(turn, count, "expired")]


def _may_go_on(turn: Turn[AssistRules]) -> bool:
    """May friends still help once a place is free again?"""
    ends = turn.entry.expires_at
    in_time = ends is not None and turn.now < min(ends, turn.run.closes_at)
    return in_time and not turn.entry.data.get("ended")


def _helped(turn: Turn[AssistRules], helper_id: int) -> list[Effect]:
    """What one more counted helper brings; the caller adds or counts the part itself."""
    count = turn.entry.count + 1
    effects: list[Effect] = [Give("helper", helper_id, f"helper_{helper_id}")]
    if count in turn.rules.stages:
        effects.append(Give(f"stage_{count}", turn.entry.owner_id, f"stage_{count}"))
    if count >= turn.rules.stages[-1]:
        effects.append(ChangeEntry(state=EntryState.WON, reason="full"))
    return effects
