"""Bulk actions on members."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from apps.accounts.admin.base import run_service
from apps.members.models import Member, Tag
from apps.members.services.tagging import tag_members


@admin.action(description=_("打标签"), permissions=["change"])
def add_tags(model_admin: Any, request: HttpRequest, queryset: QuerySet[Member]) -> HttpResponse | None:
    """Ask which tag, then add it to the chosen members."""
    name = request.POST.get("tag_name", "")
    if "apply" in request.POST:
        added = run_service(
            request,
            lambda: tag_members(members=queryset, name=name, actor=request.user),  # type: ignore[arg-type]
        )
        if added is not None:
            messages.success(
                request, _("给 %(count)d 位成员打上了“%(tag)s”。") % {"count": added, "tag": name}
            )
            return redirect(request.get_full_path())
    return render(
        request,
        "members/tag.html",
        {
            **model_admin.admin_site.each_context(request),
            "title": _("打标签"),
            "opts": model_admin.model._meta,
            "chosen": request.POST.getlist("_selected_action"),
            "across": request.POST.get("select_across", "0"),
            "name": name,
            "tags": Tag.objects.all()[:200],
        },
    )
