"""进群: the QR of the group."""

from django.utils.translation import gettext_lazy as _

from apps.campaigns.blocks.base import Block
from apps.campaigns.blocks.fields import Field, FieldKind
from apps.campaigns.enums import Section

BLOCK = Block(
    key="group_qr",
    label=_("群二维码"),
    help=_("扫码进群。群满或过期前记得换图。"),
    icon="qr_code_2",
    sections=(Section.BOTTOM,),
    inputs=(
        Field("title", _("标题"), most=30, default=_("进群，不错过下一次")),
        Field("text", _("说明"), most=80),
        Field("picture", _("二维码图片"), FieldKind.PICTURE, is_required=True),
    ),
)
