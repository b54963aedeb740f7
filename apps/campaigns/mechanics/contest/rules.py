"""What an operator sets for a contest."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from apps.campaigns.mechanics.base import Problem, RankPrize, Rules, ScoreSource, rule
from apps.campaigns.mechanics.base.rules import Ranks, Text

CHECK_IN = "check_in"
#: Nobody hands out more ranked prizes than this; it keeps a slip of the finger from promising a million.
LAST_RANK = 100_000

#: metric → (word for the form, unit of the score)
METRICS: dict[str, tuple[Text, Text]] = {
    ScoreSource.INVITES.value: (_("邀请的新成员"), _("人")),
    ScoreSource.ORDERS.value: (_("消费金额"), _("元")),
    ScoreSource.ORDER_COUNT.value: (_("订单数"), _("单")),
    ScoreSource.POINTS.value: (_("获得的积分"), _("分")),
    CHECK_IN: (_("每日打卡"), _("分")),
}


@dataclass(frozen=True, kw_only=True)
class ContestRules(Rules):
    form: str = rule(
        _("参赛方式"),
        default="person",
        choices=(("person", _("个人赛")), ("team", _("组队 PK"))),
        why=_("个人赛各比各的；组队 PK 由队长建队，队员加入，得分记到队里。"),
    )
    metric: str = rule(
        _("比什么"),
        default=ScoreSource.INVITES.value,
        choices=tuple((key, words[0]) for key, words in METRICS.items()),
        why=_("邀请只算净增：退群的扣掉。消费和订单扣除退款。打卡由成员每天自己点一次。"),
    )
    check_in_points: int = rule(
        _("每次打卡得分"),
        default=1,
        minimum=1,
        maximum=1_000,
        why=_("只在比打卡时用。每人每天一次，按北京时间换日。"),
        unit=_("分"),
    )
    ranks: Ranks = rule(
        _("名次奖"),
        default=((1, 1), (2, 3), (4, 10)),
        minimum=1,
        maximum=10_000,
        why=_("每档一种礼品。尾档放宽一些，让中游的人也觉得够得着。可以跳档，例如只奖第 8、18 名。"),
        unit=_("名"),
    )
    floor_score: int = rule(
        _("起评分"),
        default=3,
        minimum=0,
        maximum=10_000_000,
        why=_("没到这个分数，名次再高也没有奖；防止人少时零分领大奖。"),
    )
    participation_places: int = rule(
        _("参与奖名额"),
        default=0,
        minimum=0,
        maximum=LAST_RANK,
        why=_("到了起评分的前多少名另有参与奖，和名次奖可以同得。0 表示不设。"),
        unit=_("名"),
    )
    team_size: int = rule(
        _("每队最多"),
        default=10,
        minimum=2,
        maximum=500,
        why=_("只在组队 PK 时用，含队长。队伍大小差得越少，比得越公平。"),
        unit=_("人"),
    )
    team_prize: str = rule(
        _("队伍的奖给谁"),
        default="everyone",
        choices=(("everyone", _("队员人人有")), ("leader", _("只给队长"))),
        why=_("人人有的话，一个名次要备“每队最多”份礼品；只给队长，由队长自己分。"),
    )
    enrol_hours: int = rule(
        _("报名时限"),
        default=0,
        minimum=0,
        maximum=24 * 90,
        why=_("开赛多少小时后不再接受报名和入队，防止最后一刻换队。0 表示整期都能报名。"),
        unit=_("小时"),
    )
    review_hours: int = rule(
        _("公示时间"),
        default=24,
        minimum=0,
        maximum=24 * 30,
        why=_("截止后先公示再发奖，这段时间查刷分、收申诉；作废得分会重排名次。"),
        unit=_("小时"),
    )
    voids_leavers: bool = rule(
        _("退群作废"),
        default=True,
        why=_("发奖前退出活动社群的人，他带来的得分作废，名次重排。"),
    )

    def problems(self) -> Iterable[Problem]:
        if not self.ranks:
            yield Problem("ranks", _("请至少写一档名次奖。"), _("例如 1–1、2–3、4–10。"))
        before = 0
        for first, last in self.ranks:
            if first <= before or last < first:
                yield Problem(
                    "ranks",
                    _("名次要从小到大，各档不能重叠。"),
                    _("例如 1–1、2–3、4–10；从第 1 名写起，后一档从前一档的下一名开始。"),
                )
                return
            before = last

    @property
    def is_team(self) -> bool:
        return self.form == "team"

    @property
    def is_for_each(self) -> bool:
        """Does every member of a team get the prize?"""
        return self.is_team and self.team_prize == "everyone"

    @property
    def seats(self) -> int:
        """Most members of one entry."""
        return self.team_size if self.is_team else 1

    @property
    def unit(self) -> Text:
        """Unit of the score."""
        return METRICS[self.metric][1]

    def rank_prizes(self) -> list[RankPrize]:
        """Tiers and, last, the participation prize."""
        prizes = [RankPrize(a, b, f"rank_{a}_{b}", each_seat=self.is_for_each) for a, b in self.ranks]
        if self.participation_places:
            prizes.append(
                RankPrize(1, self.participation_places, "participation", each_seat=self.is_for_each)
            )
        return prizes
