"""数字: figures that can be proved."""

from django.utils.translation import gettext_lazy as _

from apps.campaigns.blocks.base import Block
from apps.campaigns.blocks.fields import Field, FieldKind
from apps.campaigns.enums import Section

BLOCK = Block(
    key="figures",
    label=_("数字"),
    help=_("用数字说话：服务了多少人、开了多少年。要有来源。"),
    icon="monitoring",
    sections=(Section.MIDDLE,),
    inputs=(
        Field("title", _("标题"), most=30),
        Field(
            "items",
            _("数字"),
            FieldKind.PAIRS,
            columns=(_("数字"), _("说明")),
            most=6,
            each=(12, 20),
            is_required=True,
            help=_("例如“12 年｜社区老店”。"),
        ),
        Field("source", _("数据来源"), most=60, is_required=True, help=_("谁统计的、到哪一天。")),
    ),
)
