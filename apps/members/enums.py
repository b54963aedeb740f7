"""Vocabulary of members."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Gender(models.TextChoices):
    UNKNOWN = "unknown", _("未知")
    MALE = "male", _("男")
    FEMALE = "female", _("女")


class Lifecycle(models.TextChoices):
    """潜在 → 新客 → 活跃 → 忠诚 → 沉睡 → 流失."""

    PROSPECT = "prospect", _("潜在")
    NEW = "new", _("新客")
    ACTIVE = "active", _("活跃")
    LOYAL = "loyal", _("忠诚")
    DORMANT = "dormant", _("沉睡")
    LOST = "lost", _("流失")


class IdentityKind(models.TextChoices):
    WECHAT = "wechat", _("微信号")
    WECOM_EXTERNAL = "wecom_external", _("企微外部联系人")
    WECHAT_OPENID = "wechat_openid", _("微信 OpenID")
    UNIONID = "unionid", _("微信 UnionID")
    QQ = "qq", _("QQ 号")
    TELEGRAM = "telegram", _("Telegram")


class PointsReason(models.TextChoices):
    IMPORT = "import", _("导入期初")
    IMPORT_UNDO = "import_undo", _("撤销导入")
    ADJUST = "adjust", _("人工调整")
    CAMPAIGN = "campaign", _("活动")


class LoginWay(models.TextChoices):
    """How a member proved who they are: what ``Consent.source`` says, and what a session's label begins with."""

    PHONE_CODE = "phone_code", _("手机验证码")
    WECHAT = "wechat", _("微信授权")
    PERSONAL_LINK = "personal_link", _("个人链接")


def way_words(label: str) -> str:
    """A stored way in words (``personal_link:3f9c…`` → 个人链接); what is none of ours as it is stored."""
    way = label.partition(":")[0]
    return str(LoginWay(way).label) if way in LoginWay.values else label
