"""顾客证言: a customer's own words and picture."""

from django.utils.translation import gettext_lazy as _

from apps.campaigns.blocks.base import Block
from apps.campaigns.blocks.fields import Field, FieldKind
from apps.campaigns.enums import Section

BLOCK = Block(
    key="testimony",
    label=_("顾客证言"),
    help=_("真实顾客的原话和图片。编造证言违法，也会失去信任。"),
    icon="reviews",
    sections=(Section.MIDDLE,),
    inputs=(
        Field("name", _("称呼"), most=20, is_required=True, help=_("例如“林女士”，不要写全名和手机号。")),
        Field("text", _("原话"), FieldKind.LONG, most=400, is_required=True),
        Field("picture", _("图片"), FieldKind.PICTURE, help=_("晒单、聊天截图，打码后再放。")),
        Field("is_real", _("是真实顾客的原话，本人同意公开"), FieldKind.BOOLEAN, must_be_true=True),
    ),
)
