"""The words of this room."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Dimension(models.TextChoices):
    """What a figure can be split by. Each fact names at most one thing of each."""

    TOTAL = "", _("合计")
    GROUP = "group", _("社群")
    CAMPAIGN = "campaign", _("活动")
    RUN = "run", _("活动期")
    POST = "post", _("帖子")
    CHANNEL = "channel", _("渠道")
    STAFF = "staff", _("员工")
    TIER = "tier", _("会员等级")
    SOURCE = "source", _("来源渠道")
    INVITER = "inviter", _("邀请人")
    LINK = "link", _("活码短链")


class Unit(models.TextChoices):
    COUNT = "count", _("次")
    PEOPLE = "people", _("人")
    MONEY = "money", _("元")
    PERCENT = "percent", _("%")
    RATIO = "ratio", _("倍")
    DAYS = "days", _("天")
    HOURS = "hours", _("小时")
    POINTS = "points", _("分")


class Standing(models.TextChoices):
    """Where a goal stands."""

    COMING = "coming", _("未开始")
    UNCLEAR = "unclear", _("还看不出")
    AHEAD = "ahead", _("领先")
    ON_TRACK = "on_track", _("正常")
    BEHIND = "behind", _("落后")
    REACHED = "reached", _("达成")
    MISSED = "missed", _("未达成")


class Sensitivity(models.TextChoices):
    """How many false alarms a week all watched figures together may bring, see ``selectors.baseline``."""

    LOW = "low", _("少打扰")
    NORMAL = "normal", _("标准")
    HIGH = "high", _("灵敏")


class ReviewKind(models.TextChoices):
    CAMPAIGN = "campaign", _("活动")
    RUN = "run", _("活动期")
    GROUP = "group", _("社群")
    MONTH = "month", _("月度")


class ReviewState(models.TextChoices):
    DRAFT = "draft", _("草稿")
    PUBLISHED = "published", _("已发布")


class ReviewSection(models.TextChoices):
    """The parts of a review that people write."""

    SUMMARY = "summary", _("一句话结论")
    WENT_WELL = "went_well", _("做得好的")
    WENT_BADLY = "went_badly", _("没做好的")
    CAUSES = "causes", _("原因分析")
    LESSONS = "lessons", _("沉淀下来的经验")


#: A published review may be taken up again: what was published stays as a version.
REVIEW_MOVES: dict[str, frozenset[str]] = {
    ReviewState.DRAFT: frozenset({ReviewState.PUBLISHED}),
    ReviewState.PUBLISHED: frozenset({ReviewState.DRAFT}),
}


class Direction(models.IntegerChoices):
    """Which way is good."""

    LOWER = -1, _("越低越好")
    NEUTRAL = 0, _("看情况")
    HIGHER = 1, _("越高越好")


class Rhythm(models.TextChoices):
    """How often a report goes out."""

    DAILY = "daily", _("每天（昨天的数据）")
    WEEKLY = "weekly", _("每周（前七天的数据）")
    MONTHLY = "monthly", _("每月（上个月的数据）")


class IssueState(models.TextChoices):
    """What became of a report. ``missed``: it could not be made in time, its owner was told."""

    MADE = "made", _("正在发送")
    SENT = "sent", _("已发出")
    FAILED = "failed", _("有没发出的")
    MISSED = "missed", _("错过")


class ExperimentState(models.TextChoices):
    DRAFT = "draft", _("草稿")
    RUNNING = "running", _("进行中")
    DECIDED = "decided", _("已决定")


EXPERIMENT_MOVES: dict[str, frozenset[str]] = {
    ExperimentState.DRAFT: frozenset({ExperimentState.RUNNING}),
    ExperimentState.RUNNING: frozenset({ExperimentState.DECIDED}),
}
