"""Pictures in previews."""

from django import template
from django.urls import reverse

from apps.content_calendar.models import Material

register = template.Library()


@register.filter
def picture_url(path: str) -> str:
    """The address of a stored picture's thumbnail by its file name, or "" if there is none."""
    material = Material.objects.filter(file=path).only("pk").first()
    if material is None:
        return ""
    return reverse("admin:content_calendar_material_file", args=[material.pk]) + "?thumb=1"
