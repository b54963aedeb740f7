"""What an intervention brings about, in sentences, before it is done. Reads only."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from apps.campaigns.enums import CampaignAction, CampaignState, GrantState, RunAction, RunState
from apps.campaigns.models import Campaign, Entry, Grant, Run
from apps.campaigns.services.recurrence import describe, length_in_words, moment_in_words, next_start
from apps.campaigns.services.runs.freezing import recurrence_of
from apps.core.errors import Invalid


def consequences(
    *, run: Run, action: RunAction, now: datetime, closes_at: datetime | None = None
) -> list[str]:
    """What ``action`` would do to ``run``; ``closes_at`` is the new end of an extension, once it is known."""
    if action == RunAction.EXTEND:
        return _of_extending(run, now, closes_at)
    return _OF_RUN[action](run, now)


def campaign_consequences(*, campaign: Campaign, action: CampaignAction, now: datetime) -> list[str]:
    """What ``action`` would do to ``campaign``."""
    return _OF_CAMPAIGN[action](campaign, now)


def _live(run: Run) -> int:
    return Entry.objects.live().filter(run=run).count()


def _at(run: Run, moment: datetime) -> str:
    return moment_in_words(moment, run.campaign.timezone)


def _of_pausing(run: Run, now: datetime) -> list[str]:
    soon = Entry.objects.live().filter(run=run, expires_at__lte=now + timedelta(days=1)).count()
    return [
        _("成员马上不能发起和参与，页面写“已暂停”；付款中的订单仍可付完。"),
        _("计时不停：本期仍在 %(end)s 结束，暂停的时间不会补。") % {"end": _at(run, run.closes_at)},
        _("进行中的 %(live)d 单照常到期，其中 %(soon)d 单在 24 小时内。")
        % {"live": _live(run), "soon": soon},
    ]


def _of_resuming(run: Run, now: datetime) -> list[str]:
    left = max(run.closes_at - now, timedelta())
    lines = [
        _("成员马上可以继续参与，离结束还有 %(left)s。") % {"left": length_in_words(left)},
        _("暂停期间到期的参与单不会恢复。"),
    ]
    if left < timedelta(hours=2):
        lines.append(_("时间所剩不多：可以再用“延长”补上暂停的时间。"))
    return lines


def _of_ending(run: Run, now: datetime) -> list[str]:
    return [
        _("成员马上不能参与，不能再打开；原定 %(end)s 结束。") % {"end": _at(run, run.closes_at)},
        _("进行中的 %(live)d 单按规则了结：够条件的成功，不够的未成功，付过的款退回。")
        % {"live": _live(run)},
        _("接着结算、发礼品；还没发布的预热、开始、提醒帖子会取消。"),
        *_about_next(run),
    ]


def _of_extending(run: Run, now: datetime, closes_at: datetime | None) -> list[str]:
    carried = Entry.objects.live().filter(run=run, expires_at=run.closes_at).count()
    lines = [
        _("%(count)d 张跟着本期结束的参与单一起延长；自己限时更早的不变。") % {"count": carried},
        _("已经到期的参与单不会恢复。结束前会再提醒一次。"),
    ]
    follower = _next_run(run)
    if follower is not None and closes_at is not None and follower.opens_at < closes_at:
        lines.append(
            _("第 %(number)d 期 %(start)s 开始时，本期还没结束，两期会重叠。")
            % {"number": follower.number, "start": _at(run, follower.opens_at)}
        )
    return lines


def _of_stock(run: Run, now: datetime) -> list[str]:
    stock = run.stock
    if stock.stock is None:
        return [_("本期没有限制库存，不用调整。")]
    return [
        _("现有库存 %(stock)d 份：已售 %(sold)d，占用 %(reserved)d，还剩 %(left)d。")
        % {
            "stock": stock.stock,
            "sold": stock.sold,
            "reserved": stock.reserved,
            "left": stock.stock - stock.sold - stock.reserved,
        },
        _("加的库存马上可买；减库存不会动已售出和已占用的。只改本期，不改活动。"),
    ]


def _of_budget(run: Run, now: datetime) -> list[str]:
    stock = run.stock
    waiting = Grant.objects.filter(run=run, state=GrantState.UNFUNDED).count()
    lines = [
        _("礼品成本已用 %(cost)s 元，预算 %(budget)s。")
        % {
            "cost": stock.granted_cost,
            "budget": _("不限") if stock.budget is None else _("%(sum)s 元") % {"sum": stock.budget},
        },
        _("调低后到了上限就不再发礼品，已经发出的不变。只改本期，不改活动。"),
    ]
    if waiting:
        lines.append(_("有 %(count)d 份礼品在等预算，加了预算以后可以补发。") % {"count": waiting})
    return lines


def _of_cancelling(run: Run, now: datetime) -> list[str]:
    return [
        _("%(start)s 的这一期不会开，也不能恢复。") % {"start": _at(run, run.opens_at)},
        _("它还没审批的帖子会一起取消；已审批的请到日历里取消。"),
        *_after_cancelling(run, now),
    ]


def _after_cancelling(run: Run, now: datetime) -> list[str]:
    try:
        following = next_start(recurrence_of(run.campaign), max(run.opens_at, now))
    except Invalid:
        following = None
    if following is None:
        return [_("之后没有别的期了。")]
    return [_("活动继续，下一期 %(start)s。") % {"start": _at(run, following)}]


def _next_run(run: Run) -> Run | None:
    return run.campaign.runs.filter(state=RunState.SCHEDULED).exclude(pk=run.pk).order_by("opens_at").first()


def _about_next(run: Run) -> list[str]:
    follower = _next_run(run)
    if follower is None or run.campaign.state != CampaignState.LAUNCHED:
        return []
    return [
        _("第 %(number)d 期仍在 %(start)s 开始。")
        % {"number": follower.number, "start": _at(run, follower.opens_at)}
    ]


def _of_launching(campaign: Campaign, now: datetime) -> list[str]:
    try:
        rhythm = describe(recurrence_of(campaign))
    except Invalid as refusal:
        return [str(refusal)]
    lines = [_("上线后自动开期：%(rhythm)s。") % {"rhythm": rhythm}]
    if campaign.drafts_posts and campaign.groups.exists():
        lines.append(
            _("每期的帖子会起草到 %(count)d 个群的日历，仍要审批。") % {"count": campaign.groups.count()}
        )
    lines.append(_("以后再改规则，只影响还没开始的期。"))
    return lines


def _of_opening_now(campaign: Campaign, now: datetime) -> list[str]:
    try:
        length = length_in_words(recurrence_of(campaign).duration)
    except Invalid as refusal:
        return [str(refusal)]
    ahead = campaign.runs.filter(state=RunState.SCHEDULED).order_by("opens_at").first()
    lines = [_("马上开一期，进行 %(length)s，用现在的规则、库存和预算。") % {"length": length}]
    if ahead is not None:
        lines.append(
            _("排好的下一期不变：%(start)s。") % {"start": moment_in_words(ahead.opens_at, campaign.timezone)}
        )
    return lines


def _of_pausing_campaign(campaign: Campaign, now: datetime) -> list[str]:
    going = campaign.runs.filter(state__in=[RunState.OPEN, RunState.PAUSED]).count()
    return [
        _("不再开新的一期；暂停期间错过的期会取消，不补开。"),
        _("进行中的 %(count)d 期不受影响，要停请到那一期暂停。") % {"count": going},
    ]


def _of_resuming_campaign(campaign: Campaign, now: datetime) -> list[str]:
    try:
        following = next_start(recurrence_of(campaign), now)
    except Invalid as refusal:
        return [str(refusal)]
    late = campaign.runs.filter(state=RunState.SCHEDULED, opens_at__lte=now, closes_at__gt=now).first()
    lines = []
    if late is not None:
        lines.append(
            _("第 %(number)d 期的时段还没过，会马上开始，%(end)s 结束。")
            % {"number": late.number, "end": moment_in_words(late.closes_at, campaign.timezone)}
        )
    if following is not None:
        lines.append(
            _("按重复规则继续，下一期 %(start)s。") % {"start": moment_in_words(following, campaign.timezone)}
        )
    return lines or [_("恢复后可以手动开期，没有自动的下一期。")]


def _of_archiving(campaign: Campaign, now: datetime) -> list[str]:
    ahead = campaign.runs.filter(state=RunState.SCHEDULED).count()
    return [
        _("活动收起来，不能再上线；要再办，请复制一份。"),
        _("还没开始的 %(count)d 期会取消；已结束的期照常结算，数据都保留。") % {"count": ahead},
    ]


_OF_RUN: dict[str, Callable[[Run, datetime], list[str]]] = {
    RunAction.PAUSE: _of_pausing,
    RunAction.RESUME: _of_resuming,
    RunAction.END: _of_ending,
    RunAction.STOCK: _of_stock,
    RunAction.BUDGET: _of_budget,
    RunAction.CANCEL: _of_cancelling,
}
_OF_CAMPAIGN: dict[str, Callable[[Campaign, datetime], list[str]]] = {
    CampaignAction.LAUNCH: _of_launching,
    CampaignAction.OPEN_NOW: _of_opening_now,
    CampaignAction.PAUSE: _of_pausing_campaign,
    CampaignAction.RESUME: _of_resuming_campaign,
    CampaignAction.ARCHIVE: _of_archiving,
}
