"""标签与等级的 CSV: small vocabularies, matched by name."""

from import_export.fields import Field
from import_export.widgets import CharWidget

from apps.accounts.admin.import_export import CountWidget, PlainResource
from apps.members.models import Tag, Tier


class TagResource(PlainResource):
    name = Field("name", "标签名称", CharWidget())
    category = Field("category", "分类", CharWidget())

    class Meta(PlainResource.Meta):
        model = Tag
        import_id_fields = ["name"]
        fields = ["name", "category"]
        export_order = fields


class TierResource(PlainResource):
    name = Field("name", "等级名称", CharWidget())
    rank = Field("rank", "序号", CountWidget())

    class Meta(PlainResource.Meta):
        model = Tier
        import_id_fields = ["name"]
        fields = ["name", "rank"]
        export_order = fields
