"""图集: several pictures."""

from django.utils.translation import gettext_lazy as _

from apps.campaigns.blocks.base import Block
from apps.campaigns.blocks.fields import Field, FieldKind
from apps.campaigns.enums import Section

BLOCK = Block(
    key="gallery",
    label=_("图集"),
    help=_("商品、门店、现场的图片。"),
    icon="photo_library",
    sections=(Section.MIDDLE, Section.TOP),
    inputs=(
        Field("title", _("标题"), most=30),
        Field("pictures", _("图片"), FieldKind.PICTURES, most=9, is_required=True),
        Field("caption", _("图片说明"), most=60, help=_("读屏的人听到的就是它。")),
    ),
)
