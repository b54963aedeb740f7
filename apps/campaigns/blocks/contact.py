"""留手机号: capture the contact early; it only fills in the log-in form."""

from django.utils.translation import gettext_lazy as _

from apps.campaigns.blocks.base import Block
from apps.campaigns.blocks.fields import Field
from apps.campaigns.enums import Section

BLOCK = Block(
    key="contact",
    label=_("留手机号"),
    help=_("早一步留下联系方式：填好的手机号带到登录页，省一次输入。"),
    icon="call",
    sections=(Section.TOP, Section.BOTTOM),
    inputs=(
        Field("title", _("标题"), most=30, default=_("先留个手机号，活动开始不错过")),
        Field("text", _("说明"), most=80),
        Field("button", _("按钮文字"), most=10, default=_("下一步")),
    ),
)
