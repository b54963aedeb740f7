"""利益点: the one thing that makes people stay."""

from django.utils.translation import gettext_lazy as _

from apps.campaigns.blocks.base import Block
from apps.campaigns.blocks.fields import Field, FieldKind
from apps.campaigns.enums import Section

BLOCK = Block(
    key="bait",
    label=_("利益点"),
    help=_("让人停下来的那一样东西：免费领什么、省多少。"),
    icon="redeem",
    sections=(Section.TOP,),
    inputs=(
        Field("tag", _("角标"), most=10, help=_("例如“新人专享”。")),
        Field("title", _("标题"), most=30, is_required=True),
        Field("text", _("说明"), FieldKind.LONG, most=300),
        Field("picture", _("图片"), FieldKind.PICTURE),
    ),
)
