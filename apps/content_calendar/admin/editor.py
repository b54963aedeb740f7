"""The editor: writing a post while seeing how it will look."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from apps.content_calendar.admin.forms import PostForm
from apps.content_calendar.admin.pages import need, show, staff
from apps.content_calendar.enums import EDITABLE_STATES, Selection
from apps.content_calendar.models import Material, Post
from apps.content_calendar.selectors.approvals import last_comment
from apps.content_calendar.selectors.audience import FILTER_COLUMNS, groups_matching
from apps.content_calendar.selectors.wall_clock import from_wall, house_zone, to_wall
from apps.content_calendar.services.audience_checks import forecast_of
from apps.content_calendar.services.checks import problems_of
from apps.content_calendar.services.posts import write_post
from apps.content_calendar.services.preview import previews
from apps.content_calendar.services.problems import HasProblems
from apps.content_calendar.services.submission import submit_post
from apps.content_calendar.services.variables import VARIABLES
from apps.core.clock import database_now
from apps.core.errors import DomainError, Invalid
from apps.core.numbers import whole, wholes
from apps.groups.models import Group

_PICTURES_SHOWN = 11
_GROUPS_TO_CHOOSE = 50


def add_view(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    need(request, "add_post")
    return _edit(model_admin, request, None)


def change_view(model_admin: ModelAdmin, request: HttpRequest, post: Post) -> HttpResponse:
    return _edit(model_admin, request, post)


def _edit(model_admin: ModelAdmin, request: HttpRequest, post: Post | None) -> HttpResponse:
    if request.method != "POST":
        form = PostForm(instance=post, user=staff(request), initial=None if post else _prefilled(request))
        return _form_page(model_admin, request, form, post)
    form = PostForm(request.POST, instance=post, user=staff(request))
    if not form.is_valid():
        messages.error(request, _("还有地方要改，写的内容都在。"))
        return _form_page(model_admin, request, form, post)
    values, groups = form.written()
    now = database_now()
    try:
        stored = write_post(
            post=Post.objects.get(pk=post.pk) if post else None,
            values=values,
            groups=groups,
            actor=staff(request),
            now=now,
            seen_at=_seen_at(request),
        )
    except DomainError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        messages.error(request, str(error))
        return _form_page(model_admin, request, form, post)
    if request.POST.get("action") != "submit":
        messages.success(request, _("草稿已保存。"))
        return _saved(reverse("admin:content_calendar_post_change", args=[stored.pk]))
    try:
        submit_post(
            post=stored,
            actor=staff(request),
            now=now,
            confirmed=request.POST.get("confirmed", ""),
        )
    except DomainError as error:
        what = _("草稿已保存，还没有提交：") if isinstance(error, HasProblems) else ""
        messages.error(request, f"{what}{error}")
        return _saved(reverse("admin:content_calendar_post_change", args=[stored.pk]))
    messages.success(request, _("已提交，等另一位同事审批。"))
    return _saved(stored.get_absolute_url())


def _saved(url: str) -> HttpResponse:
    """Send the author on; ``#saved`` lets the page drop the draft that the browser keeps (``draft.js``)."""
    return redirect(f"{url}#saved")


def _prefilled(request: HttpRequest) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with suppress(ValueError, Invalid):
        found["scheduled_at"] = from_wall(datetime.fromisoformat(request.GET.get("at", "")))
    if (group := whole(request.GET.get("group"))) is not None:
        found["groups"] = [group]
    found["team"] = staff(request).teams.first()
    return found


def _seen_at(request: HttpRequest) -> datetime | None:
    try:
        return datetime.fromisoformat(request.POST.get("seen_at", ""))
    except ValueError:
        return None


def _form_page(
    model_admin: ModelAdmin, request: HttpRequest, form: PostForm, post: Post | None
) -> HttpResponse:
    chosen_ids = [str(value) for value in _raw_groups(form)]
    chosen = form.fields["groups"].queryset.filter(pk__in=wholes(chosen_ids))  # type: ignore[attr-defined]
    picture = form["image"].value()
    pictures = list(Material.objects.visible_to(staff(request))[:_PICTURES_SHOWN])
    if picture and str(picture) not in {str(m.pk) for m in pictures}:
        pictures = [*form.fields["image"].queryset.filter(pk=picture), *pictures]  # type: ignore[attr-defined]
    state = post.state if post else ""
    return show(
        model_admin,
        request,
        "editor.html",
        title=_("修改帖子") if post else _("写帖子"),
        form=form,
        post=post,
        rejection=_rejection(post) if state == "rejected" else "",
        chosen_groups=chosen,
        pictures=pictures,
        picture=str(picture or ""),
        filters=[form[f"filter_{key}"] for key in FILTER_COLUMNS],
        variables=[("{{ %s }}" % v.name, v.label) for v in VARIABLES.values()],  # noqa: UP031
        # What was typed decides what may be overwritten: a failed form keeps the moment it was opened at.
        seen_at=request.POST.get("seen_at", "") or (post.updated_at.isoformat() if post else ""),
        config={
            "preview": reverse("admin:content_calendar_post_preview"),
            "groups": reverse("content_calendar:groups"),
            "upload": reverse("admin:content_calendar_material_upload"),
            "post": post.pk if post else None,
            "user": staff(request).pk,
            "now": to_wall(database_now()).isoformat(timespec="seconds"),
            "words": {
                "bytes": _("字节"),
                "characters": _("字"),
                "matching": _("匹配 %(count)s 个群：%(names)s"),
                "and": _("、"),
                "none": _("没有匹配的社群"),
                "more": _("等"),
                "failed": _("预览没有成功，稍后会再试。"),
                "uploading": _("正在上传…"),
                "remove": _("去掉"),
                "leave": _("还有没保存的内容。"),
            },
        },
        zone=house_zone().key,
    )


def _raw_groups(form: PostForm) -> list[Any]:
    value = form["groups"].value() or []
    return [getattr(item, "pk", item) for item in value]


def _rejection(post: Post | None) -> str:
    return last_comment(post) if post else ""


@require_POST
def _preview(request: HttpRequest, post: Post | None) -> HttpResponse:
    form = PostForm(request.POST, instance=post, user=staff(request))
    form.is_valid()  # fills the instance with what is right, and keeps the errors of what is not
    draft: Post = form.instance
    if draft.selection == Selection.FILTER:
        # What the author reaches, as far as the reader may see it (S1): the draft may be a colleague's.
        matching = groups_matching(draft.group_filter, user=draft.author)
        seen = Group.objects.visible_to(staff(request)).values("pk")
        groups = list(matching.filter(pk__in=seen).select_related("channel"))
    else:
        ids = [group.pk for group in form.cleaned_data.get("groups", [])]
        groups = list(Group.objects.filter(pk__in=ids).select_related("channel").order_by("name", "id"))
    now = database_now()
    first = whole(request.POST.get("preview_group"))
    return TemplateResponse(
        request,
        "content_calendar/_preview.html",
        {
            "problems": problems_of(draft, now=now, groups=groups),
            "form_errors": [e for name, errors in form.errors.items() if name != "title" for e in errors],
            "previews": previews(draft, groups, now=now, first=first),
            "groups": groups,
            "choices": groups[:_GROUPS_TO_CHOOSE],
            "first": first,
            "finish": forecast_of(draft, groups) if not form.errors else None,
            "confirmed": request.POST.get("confirmed", ""),
            "draft": draft,
        },
    )


def preview_view(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """The panel beside the form, for what is typed so far; stores nothing."""
    if not (
        staff(request).has_perm("content_calendar.add_post")
        or staff(request).has_perm("content_calendar.change_post")
    ):
        raise PermissionDenied
    wanted = whole(request.POST.get("post"))
    post = None
    if wanted is not None:
        post = Post.objects.visible_to(staff(request)).filter(pk=wanted, state__in=EDITABLE_STATES).first()
    return _preview(request, post)
