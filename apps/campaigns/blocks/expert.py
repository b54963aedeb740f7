"""专家: what somebody who knows says."""

from django.utils.translation import gettext_lazy as _

from apps.campaigns.blocks.base import Block
from apps.campaigns.blocks.fields import Field, FieldKind
from apps.campaigns.enums import Section

BLOCK = Block(
    key="expert",
    label=_("专家的话"),
    help=_("专家、达人说了什么。要有出处，要得到本人同意。"),
    icon="school",
    sections=(Section.MIDDLE,),
    inputs=(
        Field("name", _("姓名"), most=20, is_required=True),
        Field("role", _("身份"), most=40, is_required=True),
        Field("quote", _("原话"), FieldKind.LONG, most=300, is_required=True),
        Field("picture", _("照片"), FieldKind.PICTURE),
        Field("is_real", _("真有其人，话是本人说的，本人同意公开"), FieldKind.BOOLEAN, must_be_true=True),
    ),
)
