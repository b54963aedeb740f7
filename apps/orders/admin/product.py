"""商品: form, list, CSV both ways."""

import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from import_export.fields import Field
from import_export.widgets import CharWidget, Widget
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget

from apps.accounts.admin.base import ScopedModelAdmin, visible
from apps.accounts.admin.filters import ScopedRelatedFilter
from apps.accounts.admin.import_export import ChoiceWidget, PlainResource, SpreadsheetAdminMixin, TeamWidget
from apps.core.errors import DomainError
from apps.core.pictures import clean_picture
from apps.orders.admin.words import yuan
from apps.orders.models import Product
from apps.orders.services.money import cents


class MoneyWidget(Widget):
    """``12.50``, also with a ¥ sign, thousands commas or full-width digits; never rounded."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Decimal | None:
        text = (
            unicodedata.normalize("NFKC", str(value))
            .strip()
            .lstrip("¥￥")
            .removesuffix("元")
            .replace(",", "")
        )
        if not text:
            return None
        try:
            return cents(Decimal(text))
        except (InvalidOperation, DomainError):
            raise ValueError(_t("“%s”不是金额，请写成 12.50 这样。") % value) from None

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else f"{value:.2f}"


class YesNoWidget(ChoiceWidget):
    """是 and 否, in any language of ours."""

    def __init__(self) -> None:
        super().__init__(
            [("yes", _("是")), ("no", _("否"))], aliases={"1": "yes", "0": "no", "y": "yes", "n": "no"}
        )

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        known = super().clean(value, row, **kwargs)
        return None if known is None else known == "yes"

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return super().render("yes" if value else "no", obj, **kwargs)


class ProductResource(PlainResource):
    """One row per product, matched by its 商品编码."""

    sku = Field("sku", "商品编码", CharWidget())
    name = Field("name", "商品名称", CharWidget())
    price = Field("price", "售价", MoneyWidget())
    cost = Field("cost", "成本", MoneyWidget())
    team = Field("team", "团队", TeamWidget())
    is_active = Field("is_active", "在售", YesNoWidget())
    description = Field("description", "说明", CharWidget())

    class Meta(PlainResource.Meta):
        model = Product
        import_id_fields = ["sku"]
        fields = ["sku", "name", "price", "cost", "team", "is_active", "description"]
        export_order = fields

    def filter_export(self, queryset: Any, **kwargs: Any) -> Any:
        return queryset.select_related("team")

    def after_init_instance(self, instance: Any, new: bool, row: Any, **kwargs: Any) -> None:
        if new and self.user is not None and not self.user.has_perm("accounts.view_all_teams"):
            instance.team = self.user.teams.first()


class ProductForm(forms.ModelForm):
    new_picture = forms.FileField(
        label=_("图片"),
        required=False,
        help_text=_("JPG 或 PNG，不超过 10 MB。不选则不改。"),
        widget=UnfoldAdminFileFieldWidget,
    )

    class Meta:
        model = Product
        fields = ["name", "sku", "price", "cost", "team", "is_active", "description"]

    def clean_new_picture(self) -> Any:
        file = self.cleaned_data["new_picture"]
        if not isinstance(file, UploadedFile):
            return None
        try:
            return clean_picture(file)
        except DomainError as error:
            raise ValidationError(str(error)) from error


@admin.register(Product)
class ProductAdmin(SpreadsheetAdminMixin, ScopedModelAdmin):
    resource_classes = [ProductResource]
    form = ProductForm
    list_display = ["card", "price_text", "cost_text", "team", "is_active"]
    list_filter = [("is_active", BooleanRadioFilter), ("team", ScopedRelatedFilter)]
    list_select_related = ["team"]
    search_fields = ["name", "sku"]
    readonly_fields = ["shown_picture"]
    compressed_fields = True

    class Media:
        css = {"all": ["orders/orders.css"]}

    def get_fieldsets(self, request: HttpRequest, obj: Product | None = None) -> Any:
        # Read-only pages have no form, so no field to upload with.
        pictures = ["shown_picture"] if obj and obj.picture else []
        if self.has_change_permission(request, obj) or obj is None:
            pictures.append("new_picture")
        rows = [("name", "sku"), ("price", "cost"), ("team", "is_active"), *pictures, "description"]
        return [(None, {"fields": rows})]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.picture_view)
        return [path("<int:pk>/picture/", view, name="orders_product_picture"), *super().get_urls()]

    def picture_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The picture, to those who may see the product (S1)."""
        product = visible(Product.objects.all(), request).filter(pk=pk).first()
        if product is None or not product.picture or not self.has_view_permission(request):
            raise Http404
        try:
            with product.picture.open("rb") as file:
                data = file.read()
        except OSError as error:
            raise Http404 from error
        kind = "image/png" if product.picture.name.endswith(".png") else "image/jpeg"
        response = HttpResponse(data, content_type=kind)
        response["Cache-Control"] = "private, max-age=3600"
        return response

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "team" and field is not None:
            # The house's own products are the architects' business.
            field.required = not request.user.has_perm("accounts.view_all_teams")
        return field

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        if picture := form.cleaned_data.get("new_picture"):
            obj.picture = picture
        super().save_model(request, obj, form, change)

    @display(description=_("商品"), header=True, ordering="name")
    def card(self, product: Product) -> list[str]:
        return [product.name, product.sku]

    @display(description=_("售价"), ordering="price")
    def price_text(self, product: Product) -> str:
        return yuan(product.price)

    @display(description=_("成本"), ordering="cost")
    def cost_text(self, product: Product) -> str:
        return yuan(product.cost)

    @display(description=_("现在的图片"))
    def shown_picture(self, product: Product) -> SafeString:
        url = reverse("admin:orders_product_picture", args=[product.pk])
        return format_html('<img src="{}" alt="{}" class="orders-picture">', url, product.name)
