"""证书: a licence, an award, a test report."""

from django.utils.translation import gettext_lazy as _

from apps.campaigns.blocks.base import Block
from apps.campaigns.blocks.fields import Field, FieldKind
from apps.campaigns.enums import Section

BLOCK = Block(
    key="certificate",
    label=_("资质证书"),
    help=_("营业执照、检测报告、获奖证书的照片。"),
    icon="verified",
    sections=(Section.MIDDLE,),
    inputs=(
        Field("title", _("标题"), most=30, is_required=True),
        Field("text", _("说明"), most=120, help=_("谁发的、哪一年、编号多少。")),
        Field("picture", _("图片"), FieldKind.PICTURE, is_required=True),
    ),
)
