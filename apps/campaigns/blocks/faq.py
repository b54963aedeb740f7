"""常见问题: answers before they are asked."""

from django.utils.translation import gettext_lazy as _

from apps.campaigns.blocks.base import Block
from apps.campaigns.blocks.fields import Field, FieldKind
from apps.campaigns.enums import Section

BLOCK = Block(
    key="faq",
    label=_("常见问题"),
    help=_("点开才看答案，不占地方。"),
    icon="quiz",
    sections=(Section.MIDDLE, Section.BOTTOM),
    inputs=(
        Field("title", _("标题"), most=30, default=_("常见问题")),
        Field(
            "items",
            _("问答"),
            FieldKind.PAIRS,
            columns=(_("问题"), _("回答")),
            most=12,
            each=(60, 300),
            is_required=True,
        ),
    ),
)
