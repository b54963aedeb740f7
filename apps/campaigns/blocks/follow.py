"""关注: an account to follow."""

from django.utils.translation import gettext_lazy as _

from apps.campaigns.blocks.base import Block
from apps.campaigns.blocks.fields import Field, FieldKind
from apps.campaigns.enums import Section

BLOCK = Block(
    key="follow",
    label=_("关注我们"),
    help=_("公众号、视频号或小程序的二维码，或一个链接。"),
    icon="person_add",
    sections=(Section.BOTTOM,),
    inputs=(
        Field("title", _("标题"), most=30, default=_("关注我们")),
        Field("text", _("说明"), most=80),
        Field("picture", _("二维码图片"), FieldKind.PICTURE),
        Field("link", _("链接"), FieldKind.LINK, most=300),
        Field("button", _("按钮文字"), most=10, default=_("去看看")),
    ),
)
