"""短链: the list, a link's own page with its code to scan, and making one for a channel."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter

from apps.accounts.admin.base import ReadOnlyModelAdmin
from apps.accounts.admin.filters import ScopedRelatedFilter
from apps.campaigns.admin.entry import members_found
from apps.campaigns.admin.pages import is_id, staff
from apps.campaigns.models import Run, ShareLink
from apps.campaigns.selectors.public_runs import public_runs
from apps.campaigns.services.sharing import short_url
from apps.core.clock import database_now
from apps.core.errors import DomainError
from apps.groups.models import Group
from apps.h5.admin.pages import show
from apps.h5.admin.qr import qr_svg
from apps.h5.selectors.link_figures import figures_of_link
from apps.h5.services.channel_links import make_channel_link

_UTM = (
    ("utm_source", _("UTM 来源")),
    ("utm_medium", _("UTM 媒介")),
    ("utm_campaign", _("UTM 活动")),
    ("utm_term", _("UTM 关键词")),
    ("utm_content", _("UTM 内容")),
)
_CHANNELS = (_("海报"), _("短信"), _("公众号"), _("朋友圈"), _("线下门店"), _("小程序"))


class LinkForm(forms.Form):
    """Which run, where the link is put, and what other tools want to read from the address."""

    run = forms.ModelChoiceField(Run.objects.none(), label=_("活动期"))
    channel = forms.CharField(
        label=_("渠道"), max_length=40, help_text=_("放在哪里，如海报、短信。同一渠道的数字合在一起看。")
    )
    group = forms.ModelChoiceField(
        Group.objects.none(), label=_("社群"), required=False, help_text=_("只发到一个群时选它。")
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        user = staff(request)
        runs = public_runs().filter(pk__in=Run.objects.visible_to(user).values("pk"))
        self.fields["run"].queryset = runs.order_by("-opens_at")  # type: ignore[attr-defined]
        groups = Group.objects.visible_to(user).order_by("name", "pk")
        self.fields["group"].queryset = groups  # type: ignore[attr-defined]
        for name, label in _UTM:
            self.fields[name] = forms.CharField(label=label, max_length=60, required=False)
        for name, field in self.fields.items():
            is_choice = isinstance(field, forms.ModelChoiceField)
            field.widget.attrs |= {"class": "ca-select" if is_choice else "ca-input", "data-testid": name}
        self.fields["channel"].widget.attrs["list"] = "h5a-channels"

    def utm(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name, _label in _UTM}


@admin.register(ShareLink)
class ShareLinkAdmin(ReadOnlyModelAdmin):
    """Members' links make themselves; staff make one for each channel."""

    list_display = ["code", "run", "channel", "group", "inviter", "clicks", "created_at"]
    list_filter = [
        ("run__campaign", ScopedRelatedFilter),
        ("created_at", RangeDateTimeFilter),
    ]
    list_select_related = ["run__campaign", "group", "inviter"]
    search_fields = ["code", "channel"]
    search_help_text = _("短码或渠道，成员的昵称或手机号")
    ordering = ["-id"]
    sortable_by: tuple[str, ...] = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("campaigns.add_sharelink"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ShareLink], search_term: str
    ) -> tuple[QuerySet[ShareLink], bool]:
        term = search_term.strip().rstrip("/").rpartition("/")[2]
        if not term:
            return queryset, False
        found = Q(code=term) | Q(channel=term) | Q(inviter__in=members_found(request, term))
        return queryset.filter(found), False

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = LinkForm(request, request.POST or None, initial={"run": request.GET.get("run", "")})
        if request.method == "POST" and form.is_valid():
            try:
                link = make_channel_link(
                    run=form.cleaned_data["run"],
                    channel=form.cleaned_data["channel"],
                    group=form.cleaned_data["group"],
                    utm=form.utm(),
                    actor=staff(request),
                    now=database_now(),
                )
            except DomainError as error:
                form.add_error(error.field if error.field in form.fields else None, str(error))
            else:
                messages.success(request, _now("短链好了，复制或扫码使用。"))
                return redirect("admin:campaigns_sharelink_change", link.pk)
        return show(self, request, "link_form.html", title=_("新建渠道短链"), form=form, channels=_CHANNELS)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        link = self.get_queryset(request).filter(pk=object_id).first() if is_id(object_id) else None
        if link is None:
            raise Http404
        if not self.has_view_permission(request, link):
            raise PermissionDenied
        address = short_url(link.code)
        return show(
            self,
            request,
            "link_page.html",
            title=_now("短链 %(code)s") % {"code": link.code},
            link=link,
            address=address,
            qr=qr_svg(address, label=address),
            figures=figures_of_link(link),
        )
