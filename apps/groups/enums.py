"""Vocabulary of groups (PLAYBOOK §1)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class GroupKind(models.TextChoices):
    DAILY_SALES = "daily_sales", _("日销群")
    FLASH = "flash", _("快闪群")
    BENEFIT = "benefit", _("福利群")
    INTEREST = "interest", _("兴趣群")
    VIP = "vip", _("VIP 会员群")
    EVENT = "event", _("活动群")
    LEARNING = "learning", _("学习成长群")
    BRAND = "brand", _("品牌 IP 群")
    TASK = "task", _("任务群")
    AGENT = "agent", _("团长群")
    INDUSTRY = "industry", _("行业群")


class GroupStage(models.TextChoices):
    RECRUITING = "recruiting", _("招募期")
    ACTIVE = "active", _("活跃期")
    STEADY = "steady", _("平稳期")
    QUIET = "quiet", _("沉寂期")
    CLOSED = "closed", _("已结束")


_OPEN_STAGES = frozenset({GroupStage.RECRUITING, GroupStage.ACTIVE, GroupStage.STEADY, GroupStage.QUIET})

#: A living group may go to any other stage; a closed one only comes back by being reopened.
STAGE_MOVES: dict[str, frozenset[str]] = {
    **{stage: (_OPEN_STAGES - {stage}) | {GroupStage.CLOSED} for stage in _OPEN_STAGES},
    GroupStage.CLOSED: frozenset({GroupStage.RECRUITING, GroupStage.ACTIVE}),
}


class Admission(models.TextChoices):
    FREE = "free", _("免费（筛选）")
    REVIEW = "review", _("审核")
    PAID = "paid", _("付费")
    PURCHASE = "purchase", _("购买")
    INVITE = "invite", _("邀请")


class Lifetime(models.TextChoices):
    SHORT = "short", _("短期（目标达成即解散或转型）")
    LONG = "long", _("长期")


class MembershipRole(models.TextChoices):
    OWNER = "owner", _("群主")
    ADMIN = "admin", _("管理员")
    KOC = "koc", _("KOC")
    SEED = "seed", _("种子用户")
    MEMBER = "member", _("群成员")


class MembershipSource(models.TextChoices):
    IMPORT = "import", _("导入")
    MANUAL = "manual", _("人工添加")
