"""What is wrong with where and when a post goes."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from apps.channels.enums import ChannelState, ContentKind, DeliveryState
from apps.channels.selectors.forecast import forecast_finish
from apps.content_calendar.enums import PostState, Selection
from apps.content_calendar.models import Post, PostTarget
from apps.content_calendar.selectors.audience import clean_filter, reaching
from apps.content_calendar.selectors.wall_clock import zone
from apps.content_calendar.services.messages import group_due_at
from apps.content_calendar.services.problems import Problem, error, names_of, warning
from apps.core.errors import Invalid
from apps.core.sentences import listed
from apps.groups.enums import GroupStage
from apps.groups.models import Group


def about_groups(post: Post, groups: list[Group]) -> Iterator[Problem]:
    by_filter = post.selection == Selection.FILTER
    field = "group_filter" if by_filter else "groups"
    if not groups:
        yield error(
            "no_groups",
            _("选群条件没有匹配到任何社群。") if by_filter else _("还没有选社群。"),
            hint=_("放宽条件，右侧会显示匹配到的数量。") if by_filter else _("至少选一个社群。"),
            field=field,
        )
        return
    if by_filter and not clean_filter(post.group_filter):
        yield warning(
            "everyone",
            _("没有设任何选群条件，将发到全部 %(count)s 个社群。") % {"count": len(groups)},
            field=field,
        )
    seen = set(Group.objects.visible_to(post.author).values_list("pk", flat=True))
    if hidden := [g for g in groups if g.pk not in seen]:
        yield error(
            "hidden_groups",
            _("作者看不到这些社群：%(names)s。") % {"names": names_of(hidden)},
            hint=_("去掉它们，或由对应团队的同事来发。"),
            field=field,
        )
    if closed := [g for g in groups if g.stage == GroupStage.CLOSED]:
        yield error(
            "closed_groups",
            _("已结束的社群不能再发：%(names)s。") % {"names": names_of(closed)},
            hint=_("从列表里去掉。"),
            field=field,
        )
    if mute := [g for g in groups if g.channel is None]:
        yield error(
            "no_channel",
            _("没有发送通道：%(names)s。") % {"names": names_of(mute)},
            hint=_("先在社群里绑定机器人，或绑定“人工发送”通道。"),
            field=field,
        )
    stopped = [g for g in groups if g.channel is not None and g.channel.state != ChannelState.ACTIVE]
    if stopped:
        yield warning(
            "channel_stopped",
            _("通道已暂停或失效：%(names)s。") % {"names": names_of(stopped)},
            hint=_("恢复通道之前，到点的消息会挂起，过了最晚迟到时间就不再发。"),
            field=field,
        )
    wrong_zone = []
    for group in groups if post.is_group_time else []:
        try:
            zone(group.timezone)
        except Invalid:
            wrong_zone.append(group)
    if wrong_zone:
        yield error(
            "bad_timezone",
            _("时区填错了：%(names)s。") % {"names": names_of(wrong_zone)},
            hint=_("在社群里改成 Asia/Shanghai 这样的写法。"),
            field=field,
        )


def about_time(post: Post, groups: list[Group], *, now: datetime) -> Iterator[Problem]:
    if post.scheduled_at is None:
        yield error("no_time", _("还没有选发布时间。"), hint=_("选一个将来的时间。"), field="scheduled_at")
        return
    hint = _("改成将来的时间，再提交。")
    if not post.is_group_time:
        if post.scheduled_at <= now:
            yield error("past", _("发布时间已经过去了。"), hint=hint, field="scheduled_at")
        return
    late = []
    for group in groups:
        try:
            if group_due_at(post, group) <= now:
                late.append(group)
        except Invalid:
            continue  # said as bad_timezone
    if late or (not groups and post.scheduled_at <= now):
        message = (
            _("按当地时间，这些群的发布时间已经过去：%(names)s。") % {"names": names_of(late)}
            if late
            else _("发布时间已经过去了。")
        )
        yield error("past", message, hint=hint, field="scheduled_at")


def about_pace(post: Post, groups: list[Group], *, now: datetime) -> Iterator[Problem]:
    finish = forecast_of(post, groups)
    if finish is None or post.scheduled_at is None or post.is_group_time:
        return
    if finish > max(post.scheduled_at, now) + timedelta(minutes=post.cutoff_minutes):
        yield warning(
            "too_slow",
            _("按限速，最晚迟到 %(minutes)s 分钟之内发不完，后面的群会错过。")
            % {"minutes": post.cutoff_minutes},
            hint=_("调大“最晚迟到”、错开时间，或给社群多配几个机器人。"),
            field="cutoff_minutes",
        )


def forecast_of(post: Post, groups: list[Group]) -> datetime | None:
    """When the last message is expected to be out, with pace and backlog (D5); ``None`` if nobody can say."""
    if post.scheduled_at is None or not groups:
        return None
    parts = 2 if post.kind == ContentKind.IMAGE and post.body.strip() else 1
    counts: dict[int, int] = defaultdict(int)
    for group in groups:
        if group.channel_id is not None:
            counts[group.channel_id] += parts
    starts_at = max((group_due_at(post, g) for g in groups), default=post.scheduled_at)
    return forecast_finish(counts=counts, starts_at=starts_at) if counts else None


_LIVE = [PostState.SUBMITTED, PostState.SCHEDULED, PostState.FINISHED]


def about_repeats(post: Post, groups: list[Group]) -> Iterator[Problem]:
    if post.scheduled_at is None or not groups:
        return
    others = Post.objects.exclude(pk=post.pk).filter(reaching(groups), state__in=_LIVE)
    hour = timedelta(hours=1)
    near = others.filter(scheduled_at__gt=post.scheduled_at - hour, scheduled_at__lt=post.scheduled_at + hour)
    if titles := list(near.order_by("scheduled_at").values_list("title", flat=True)[:4]):
        yield warning(
            "same_hour",
            _("前后一小时内，同样的群里还有：%(titles)s。") % {"titles": _titles(titles)},
            hint=_("太密容易被屏蔽，考虑错开。"),
            field="scheduled_at",
        )
    if post.body.strip():
        week = timedelta(days=7)
        same = others.filter(
            body=post.body,
            kind=post.kind,
            scheduled_at__gt=post.scheduled_at - week,
            scheduled_at__lt=post.scheduled_at + week,
        )
        if titles := list(same.order_by("scheduled_at").values_list("title", flat=True)[:4]):
            yield warning(
                "same_text",
                _("七天内，同样的群里有一模一样的文案：%(titles)s。") % {"titles": _titles(titles)},
                field="body",
            )


def _titles(titles: list[str]) -> str:
    shown = listed(_("《%(title)s》") % {"title": title} for title in titles[:3])
    return shown + ("…" if len(titles) > 3 else "")


def about_earlier_sends(post: Post) -> Iterator[Problem]:
    """A recalled post: what a group has had it does not get again (D1)."""
    if post.pk is None:
        return
    started = (
        PostTarget.objects.filter(post=post)
        .exclude(delivery__state=DeliveryState.CANCELLED, delivery__attempt_count=0)
        .values("group")
        .distinct()
        .count()
    )
    if started:
        yield warning(
            "already_sent",
            _("撤回之前已经发往 %(count)s 个群，再排期也不会向它们重发。") % {"count": started},
            hint=_("要让它们也看到新内容，请复制成一条新帖子。"),
        )
