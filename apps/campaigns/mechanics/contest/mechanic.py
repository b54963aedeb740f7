"""Decisions of a contest. Scores beside check-ins are added by the engine from events."""

import unicodedata
from collections.abc import Mapping
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.campaigns.enums import LIVE_ENTRY_STATES, EntryState, PartState
from apps.campaigns.mechanics.base import (
    AddPart,
    ChangeEntry,
    ChangePart,
    Claim,
    Costs,
    Decision,
    Effect,
    Figure,
    Mechanic,
    Page,
    Param,
    ParamKind,
    Part,
    Quota,
    RankPrize,
    Refused,
    Result,
    ScoreSource,
    Shape,
    Slot,
    Totals,
    Turn,
    Unclaim,
    Verb,
    Who,
)
from apps.campaigns.mechanics.contest.pages import contest_page, is_enrolling, tier_label
from apps.campaigns.mechanics.contest.rules import CHECK_IN, ContestRules

type ContestTurn = Turn[ContestRules]

SEAT = "seat"
#: A forecast looks no further than so many friends of one participant.
MOST_INVITED = 1_000


class Contest(Mechanic[ContestRules]):
    """A seat (kind ``seat``, value 0) says who scores for an entry; other parts are the score.

    A member has at most one seat in a run, and keeps it once there is a score: nobody changes teams with points.
    """

    key = "contest"
    label = _("比赛")
    mark = "比"
    icon = "leaderboard"
    purpose = _("按邀请、消费、积分或打卡排名次，个人或组队：把一段时间的活跃推到高处。")
    typical = (_("一期 7–14 天，太长会冷"), _("名次奖之外设起评分，人人有目标"))
    compliance = _(
        "有奖销售须事先公示规则、奖品和名额，抽奖式最高奖不超过五万元；排名须可复核，不得内定或虚构选手；"
        "微信禁止以利益诱导分享，邀请类只按好友自己登记或入群计分。"
    )
    entry_word = _("参赛")
    part_word = _("得分")
    rules_type = ContestRules
    is_ranked = True
    verbs = (
        Verb(
            "enrol",
            _("报名"),
            Who.ANYONE,
            opens=True,
            params=(
                Param("name", _("队名"), is_required=False, most=20, help=_("组队 PK 必填，每期不重名。")),
            ),
        ),
        Verb("join", _("加入队伍"), Who.OTHERS),
        Verb("check_in", _("打卡"), Who.ANYONE),
        Verb("leave", _("退出"), Who.ANYONE, needs_parts=True),
        Verb(
            "remove",
            _("移出队员"),
            Who.OWNER,
            params=(Param("part", _("队员"), ParamKind.PART),),
            needs_parts=True,
        ),
        Verb(
            "rename",
            _("改队名"),
            Who.STAFF,
            params=(Param("name", _("新队名"), most=20),),
            after_close=True,
        ),
    )

    def slots(self, rules: ContestRules) -> list[Slot]:
        ranks = [
            Slot(f"rank_{first}_{last}", tier_label(first, last), is_required=index == 0)
            for index, (first, last) in enumerate(rules.ranks)
        ]
        if rules.participation_places:
            ranks.append(Slot("participation", _("参与奖"), _("到起评分的前几名都有。")))
        return ranks

    def prizes(self, rules: ContestRules) -> list[RankPrize]:
        return rules.rank_prizes()

    def score_source(self, rules: ContestRules) -> ScoreSource | None:
        return None if rules.metric == CHECK_IN else ScoreSource(rules.metric)

    def floor_score(self, rules: ContestRules) -> Decimal:
        return Decimal(rules.floor_score)

    def voids_leavers(self, rules: ContestRules) -> bool:
        return rules.voids_leavers

    def review_hours(self, rules: ContestRules) -> int:
        return rules.review_hours

    # --- decisions ---------------------------------------------------------------------------------

    def on_enrol(self, turn: ContestTurn) -> Decision:
        rules = turn.rules
        _check_enrolling(turn)
        name = str(turn.action.params.get("name") or "").strip() if rules.is_team else ""
        if rules.is_team and not name:
            raise Refused(_("请给队伍起个名字。"), hint=_("最多 20 个字。"), code="name_needed")
        entry = ChangeEntry(
            state=EntryState.OPEN,
            data={"name": name},
            never_expires=True,
            capacity=rules.seats,
            title=name or None,
        )
        names = (_claim(name),) if name else ()
        return Decision((_quota(turn.member_id), *names, entry, _seat(turn.member_id)))

    def on_join(self, turn: ContestTurn) -> Decision:
        rules, entry = turn.rules, turn.entry
        if not rules.is_team:
            raise Refused(_("这是个人赛，不能加入别人。"), hint=_("请自己报名。"), code="not_team")
        if _own_seat(turn) is not None:
            raise Refused(_("你已经在这支队伍里了。"), hint=_("去看看今天的名次。"), code="already_in")
        _check_enrolling(turn)
        if entry.count + entry.pending_count >= rules.team_size:
            raise Refused(_("这支队伍已经满员。"), hint=_("换一支队伍，或者自己建队。"), code="full")
        return Decision((_quota(turn.member_id), _seat(turn.member_id)), {"seats": entry.count + 1})

    def on_check_in(self, turn: ContestTurn) -> Decision:
        rules = turn.rules
        if rules.metric != CHECK_IN:
            raise Refused(_("这场比赛不比打卡。"), hint=_("看看规则里怎么得分。"), code="not_check_in")
        if _own_seat(turn) is None:
            raise Refused(_("你还没有参加。"), hint=_("先报名或加入队伍，再来打卡。"), code="not_in")
        day = turn.now.astimezone(timezone.get_default_timezone()).date().isoformat()
        # A used quota stays used when the check-in is voided: nobody makes up for a revoked one on the same day.
        once = Quota(
            turn.member_id,
            f"check_in:{day}",
            1,
            code="checked_in",
            message=_("今天已经打过卡了，明天再来。"),
        )
        points = Decimal(rules.check_in_points)
        part = AddPart(
            turn.member_id, "check_in", value=points, key=f"check_in:{turn.member_id}:{day}", is_seat=False
        )
        return Decision((once, part), {"points": rules.check_in_points})

    def on_leave(self, turn: ContestTurn) -> Decision:
        seat = _own_seat(turn)
        if seat is None:
            raise Refused(_("你不在这支队伍里。"), hint=_("刷新页面再看看。"), code="not_in")
        if any(part.kind != SEAT for part in turn.entry.mine):
            raise Refused(_("已经有得分，不能退出了。"), hint=_("有特殊情况请联系客服。"), code="has_score")
        back = Quota(seat.member_id, "enrol", 1, amount=-1)
        return Decision((ChangePart(seat.id, state=PartState.VOID), back, *_after_seat(turn, seat, "left")))

    def on_remove(self, turn: ContestTurn) -> Decision:
        part = turn.action.part
        if part is None or part.kind != SEAT or part.state != PartState.COUNTED:
            raise Refused(_("没有这位队员。"), hint=_("刷新页面再看看。"), code="not_in")
        if part.member_id == turn.entry.owner_id:
            raise Refused(_("队长不能移出自己。"), hint=_("要离开请用“退队”。"), code="own_seat")
        if any(p.member_id == part.member_id and p.kind != SEAT for p in turn.entry.parts):
            raise Refused(
                _("这位队员已经为队伍得分，不能移出。"), hint=_("怀疑刷分请联系客服。"), code="has_score"
            )
        back = Quota(part.member_id, "enrol", 1, amount=-1)
        return Decision((ChangePart(part.id, state=PartState.VOID), back))

    def on_rename(self, turn: ContestTurn) -> Decision:
        name, old = str(turn.action.params["name"]).strip(), str(turn.entry.data.get("name") or "")
        if not turn.rules.is_team or not name:
            raise Refused(_("只有队伍能改名。"), hint=_("请填新的队名。"), code="name_needed")
        change = ChangeEntry(data={**turn.entry.data, "name": name}, title=name)
        if _name_key(name) == _name_key(old):
            return Decision((change,))
        return Decision((Unclaim(_name_key(old)), _claim(name), change))

    def on_voided(self, turn: ContestTurn) -> Decision:
        """A voided seat takes its member's scores along: an expelled member leaves no points behind."""
        part = turn.action.part
        assert part is not None
        if part.state == PartState.VOID:
            return Decision(())
        effects: list[Effect] = [ChangePart(part.id, state=PartState.VOID)]
        if part.kind == SEAT:
            effects += [
                ChangePart(other.id, state=PartState.VOID)
                for other in turn.entry.parts
                if other.member_id == part.member_id and other.id != part.id
            ]
            if turn.entry.state in LIVE_ENTRY_STATES:
                effects += _after_seat(turn, part, "voided")
        return Decision(tuple(effects))

    def on_expire(self, turn: ContestTurn) -> Decision:
        """The engine ranks and settles; nothing ends before that."""
        return Decision(())

    # --- what is shown -----------------------------------------------------------------------------

    def page(self, turn: ContestTurn) -> Page:
        return contest_page(turn)

    def forecast_shape(self, rules: ContestRules) -> Shape:
        is_by_invites = rules.metric == ScoreSource.INVITES
        least = rules.floor_score if is_by_invites else 0

        def result(count: int, has_paid: bool) -> Result:
            # Prizes go by rank: whoever reached the floor is a candidate for them.
            return Result(won=int(count >= least))

        return Shape(seats=MOST_INVITED, result=result, is_new_only=is_by_invites, per_contributor=1)

    def costs(self, rules: ContestRules, prices: Mapping[str, Decimal]) -> Costs:
        heads = Decimal(rules.seats) if rules.is_for_each else Decimal(1)
        usual = (heads + 1) / 2
        places = sum(
            (
                prices.get(prize.slot, Decimal(0)) * (prize.last - prize.first + 1)
                for prize in self.prizes(rules)
            ),
            Decimal(0),
        )
        notes = [_("最好：没有人到起评分。"), _("预期和最坏：每个名次都有人得奖。")]
        if rules.is_for_each:
            notes.append(_("预期队伍坐满一半，最坏全部满员。"))
        return Costs(
            best=Decimal("0.00"),
            expected=(places * usual).quantize(Decimal("0.01")),
            worst=(places * heads).quantize(Decimal("0.01")),
            assumptions=tuple(notes),
            per_run=True,
        )

    def figures(self, rules: ContestRules, totals: Totals) -> list[Figure]:
        mean = totals.score_sum / totals.entries if totals.entries else Decimal(0)
        label = _("每队得分") if rules.is_team else _("人均得分")
        return [Figure(label, f"{mean:.1f}", _("有效得分之和 ÷ 参赛数。"))]


def _check_enrolling(turn: ContestTurn) -> None:
    if not is_enrolling(turn):
        raise Refused(_("报名已经截止。"), hint=_("关注社群，下一期早点来。"), code="enrolment_over")


def _quota(member_id: int) -> Quota:
    return Quota(member_id, "enrol", 1, code="already_in", message=_("你在本期已经参赛，每人只能参加一次。"))


def _seat(member_id: int) -> AddPart:
    return AddPart(member_id, SEAT, value=Decimal(0))


def _own_seat(turn: ContestTurn) -> Part | None:
    return next((part for part in turn.entry.mine if part.kind == SEAT), None)


def _after_seat(turn: ContestTurn, gone: Part, reason: str) -> list[Effect]:
    """The earliest member left becomes leader; an entry with nobody left is cancelled."""
    if gone.member_id != turn.entry.owner_id:
        return []
    left = [p for p in turn.entry.parts if p.kind == SEAT and p.id != gone.id]
    if left:
        return [ChangeEntry(owner_id=min(left, key=lambda p: (p.at, p.id)).member_id)]
    name = str(turn.entry.data.get("name") or "")
    released: list[Effect] = [Unclaim(_name_key(name))] if name else []
    return [*released, ChangeEntry(state=EntryState.CANCELLED, reason=reason)]


def _name_key(name: str) -> str:
    """Names that look the same are the same. Some letters unfold to many: cut to what a claim can hold."""
    return ("team:" + "".join(unicodedata.normalize("NFKC", name).casefold().split()))[:80]


def _claim(name: str) -> Claim:
    return Claim(_name_key(name), message=_("这个队名有人用了，换一个吧。"))
