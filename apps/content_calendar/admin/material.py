"""Pictures."""

import io
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from PIL import Image
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget

from apps.accounts.admin.base import ScopedModelAdmin, visible
from apps.content_calendar.admin.pages import staff
from apps.content_calendar.models import Material
from apps.content_calendar.services.materials import add_material
from apps.core.clock import database_now
from apps.core.errors import DomainError
from apps.core.pictures import clean_picture

_THUMBNAIL = (320, 320)


class MaterialForm(forms.ModelForm):
    file = forms.FileField(
        label=_("图片"), help_text=_("JPG 或 PNG，不超过 10 MB。"), widget=UnfoldAdminFileFieldWidget
    )

    def clean_file(self) -> ContentFile:
        try:
            return clean_picture(self.cleaned_data["file"])
        except DomainError as error:
            raise ValidationError(str(error)) from error


@admin.register(Material)
class MaterialAdmin(ScopedModelAdmin):
    list_display = ["thumbnail", "name", "size", "team", "uploaded_by", "created_at"]
    list_display_links = ["thumbnail", "name"]
    list_filter = ["team"]
    list_select_related = ["team", "uploaded_by"]
    search_fields = ["name"]

    class Media:
        css = {"all": ["content_calendar/content_calendar.css"]}

    @display(description=_("图片"))
    def thumbnail(self, material: Material) -> SafeString:
        return format_html(
            '<img src="{}?thumb=1" alt="{}" loading="lazy" class="cc-thumb">',
            reverse("admin:content_calendar_material_file", args=[material.pk]),
            material.name,
        )

    @display(description=_("尺寸"))
    def size(self, material: Material) -> str:
        return f"{material.width}×{material.height}"

    def get_fields(self, request: HttpRequest, obj: Material | None = None) -> list[str]:
        return ["file", "name", "team"] if obj is None else ["thumbnail", "name", "size", "team"]

    def get_readonly_fields(self, request: HttpRequest, obj: Material | None = None) -> list[str]:
        return [] if obj is None else ["thumbnail", "size"]

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("upload/", wrap(self.upload_view), name="content_calendar_material_upload"),
            path("<int:pk>/file/", wrap(self.file_view), name="content_calendar_material_file"),
            *super().get_urls(),
        ]

    def file_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The picture, to those who may see it; pictures are not served by plain address (S1)."""
        material = visible(Material.objects.all(), request).filter(pk=pk).first()
        if material is None or not staff(request).has_perm("content_calendar.view_material"):
            raise Http404
        try:
            with material.file.open("rb") as file:
                data = _thumbnail(file) if "thumb" in request.GET else file.read()
        except OSError as error:
            raise Http404 from error
        is_png = material.file.name.endswith(".png") and "thumb" not in request.GET
        response = HttpResponse(data, content_type="image/png" if is_png else "image/jpeg")
        response["Cache-Control"] = "private, max-age=86400, immutable"
        return response

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        return _upload(request)

    def get_form(self, request: HttpRequest, obj: Material | None = None, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = MaterialForm
        return super().get_form(request, obj, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "team" and not staff(request).has_perm("accounts.view_all_teams"):
            kwargs["queryset"] = staff(request).teams.all()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Material, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
        else:
            add_material(material=obj, actor=staff(request), now=database_now())


@require_POST
def _upload(request: HttpRequest) -> HttpResponse:
    """Take in a picture from the editor; answers ``{id, name, url}`` or a problem."""
    file = request.FILES.get("file")
    if file is None:
        return JsonResponse({"code": "invalid", "message": str(_("没有收到文件。")), "hint": ""}, status=400)
    try:
        name = (file.name or "").rpartition(".")[0][:80] or str(_("图片"))
        material = Material(name=name, file=clean_picture(file), team=staff(request).teams.first())
        add_material(material=material, actor=staff(request), now=database_now())
    except DomainError as error:
        return JsonResponse(
            {"code": error.code, "message": str(error.message), "hint": str(error.hint)}, status=400
        )
    address = reverse("admin:content_calendar_material_file", args=[material.pk])
    return JsonResponse({"id": material.pk, "name": material.name, "url": address})


def _thumbnail(file: Any) -> bytes:
    buffer = io.BytesIO()
    with Image.open(file, formats=["JPEG", "PNG"]) as picture:
        picture.draft("RGB", _THUMBNAIL)
        picture.thumbnail(_THUMBNAIL)
        picture.convert("RGB").save(buffer, "JPEG", quality=80)
    return buffer.getvalue()
