"""标签 and 会员等级."""

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from import_export.fields import Field
from unfold.decorators import display

from apps.accounts.admin.base import ScopedModelAdmin
from apps.accounts.admin.import_export import CountWidget, PlainResource, SpreadsheetAdminMixin
from apps.members.models import MemberTag, Tag, Tier


class TagResource(PlainResource):
    name = Field(attribute="name", column_name="标签名称")
    category = Field(attribute="category", column_name="分类")

    class Meta(PlainResource.Meta):
        model = Tag
        fields = ("name", "category")
        import_id_fields = ("name",)


class TierResource(PlainResource):
    name = Field(attribute="name", column_name="等级名称")
    rank = Field(attribute="rank", column_name="序号", widget=CountWidget())

    class Meta(PlainResource.Meta):
        model = Tier
        fields = ("name", "rank")
        import_id_fields = ("name",)


@admin.register(Tag)
class TagAdmin(SpreadsheetAdminMixin, ScopedModelAdmin):
    resource_classes = [TagResource]
    list_display = ["name", "category", "people"]
    list_filter = ["category"]
    search_fields = ["name", "category"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tag]:
        return super().get_queryset(request)

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None):  # type: ignore[no-untyped-def]
        # One grouped read over the index for the page, instead of a join that the list would sort by.
        self._totals = dict(
            MemberTag.objects.order_by()
            .values_list("tag_id")
            .annotate(total=Count("pk"))
            .values_list("tag_id", "total")
        )
        return super().changelist_view(request, extra_context)

    @display(description=_("成员"))
    def people(self, tag: Tag) -> str:
        url = reverse("admin:members_member_changelist")
        return format_html('<a href="{}?tag={}">{}</a>', url, tag.pk, self._totals.get(tag.pk, 0))


@admin.register(Tier)
class TierAdmin(SpreadsheetAdminMixin, ScopedModelAdmin):
    resource_classes = [TierResource]
    list_display = ["name", "rank"]
    search_fields = ["name"]
