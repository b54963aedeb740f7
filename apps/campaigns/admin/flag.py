"""Flags: the review queue, and every flag there ever was."""

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import MultipleChoicesDropdownFilter
from unfold.decorators import display

from apps.accounts.admin.base import ReadOnlyModelAdmin
from apps.accounts.admin.filters import ScopedRelatedFilter
from apps.campaigns.admin.pages import need, show, staff
from apps.campaigns.admin.run_pages import visible_run
from apps.campaigns.enums import FlagState, Verdict
from apps.campaigns.models import Flag
from apps.campaigns.selectors.risk_queue import cases, suspicious
from apps.campaigns.services.risk.reviewing import Reviewed, review_entry
from apps.core.clock import database_now
from apps.core.errors import DomainError
from apps.core.numbers import whole, wholes

_PER_PAGE = 20
_MOST_AT_ONCE = 100
FLAG_COLOURS = {FlagState.OPEN: "danger", FlagState.RELEASED: "success", FlagState.VOIDED: "default"}


@admin.register(Flag)
class FlagAdmin(ReadOnlyModelAdmin):
    """The list is the record; decisions are made in the queue."""

    list_display = ["found", "entry", "member", "score", "shown_state", "note", "decided_by", "created_at"]
    list_filter = [("state", MultipleChoicesDropdownFilter), ("run", ScopedRelatedFilter)]
    list_select_related = ["entry", "member", "decided_by", "run__campaign"]
    search_fields = ["entry__code", "member__nickname", "note"]
    ordering = ["-id"]

    class Media:
        css = {"all": ["campaigns/campaigns.css"]}

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [path("queue/", wrap(self.queue_view), name="campaigns_flag_queue")]
        return [*own, *super().get_urls()]

    @display(description=_("疑点"))
    def found(self, flag: Flag) -> str:
        return f"{flag.rule_label} · {flag.sentence}" if flag.sentence else flag.rule_label

    @display(description=_("状态"), ordering="state", label=FLAG_COLOURS)
    def shown_state(self, flag: Flag) -> tuple[str, str]:
        return flag.state, flag.get_state_display()

    def queue_view(self, request: HttpRequest) -> HttpResponse:
        """Held entries, the heaviest first; ``?all=1`` with the lighter ones, ``?run=`` of one run. POST decides."""
        need(request, "review_flag")
        if request.method == "POST":
            return _decide(request)
        user = staff(request)
        wanted = whole(request.GET.get("run"))
        run = None if wanted is None else visible_run(request, wanted, "review_flag")
        is_all = request.GET.get("all") == "1"
        page = Paginator(suspicious(user, run=run, is_all=is_all), _PER_PAGE).get_page(request.GET.get("p"))
        return show(
            self,
            request,
            "risk_queue.html",
            title=_now("风控复核"),
            page=page,
            cases=cases(list(page.object_list)),
            run=run,
            is_all=is_all,
            verdicts=Verdict.choices,
            here=request.get_full_path(),
        )


def _decide(request: HttpRequest) -> HttpResponse:
    """``entry`` (several for the bulk), ``verdict`` and ``note``. What is refused is said; the others go through."""
    ids = wholes(request.POST.getlist("entry"))[:_MOST_AT_ONCE]
    verdict = request.POST.get("verdict", "")
    if not ids or verdict not in Verdict.values:
        messages.error(request, _now("先勾选要处理的单子。"))
        return redirect(_back(request))
    done: list[Reviewed] = []
    for entry_id in dict.fromkeys(ids):
        try:
            done.append(
                review_entry(
                    entry_id=entry_id,
                    verdict=Verdict(verdict),
                    note=request.POST.get("note", ""),
                    actor=staff(request),
                    now=database_now(),
                )
            )
        except DomainError as error:
            messages.error(request, str(error))
            if error.code == "invalid" and error.field == "note":
                break  # it is the same for all
    if done:
        messages.success(request, _sentence(Verdict(verdict), done))
    if kept := sum(one.kept for one in done):
        messages.warning(
            request, _now("%(kept)d 份礼品已经用掉或发出，收不回来，已通知负责人。") % {"kept": kept}
        )
    return redirect(_back(request))


def _sentence(verdict: Verdict, done: list[Reviewed]) -> str:
    words = {
        "entries": len(done),
        "released": sum(one.released for one in done),
        "parts": sum(one.voided_parts for one in done),
        "voided": sum(one.voided for one in done),
    }
    if verdict == Verdict.RELEASE:
        text = ngettext(
            "已放行 %(entries)d 单，发出礼品 %(released)d 份。",
            "已放行 %(entries)d 单，发出礼品 %(released)d 份。",
            len(done),
        )
    else:
        text = ngettext(
            "已处理 %(entries)d 单：作废记录 %(parts)d 条、礼品 %(voided)d 份，照发 %(released)d 份。",
            "已处理 %(entries)d 单：作废记录 %(parts)d 条、礼品 %(voided)d 份，照发 %(released)d 份。",
            len(done),
        )
    return text % words


def _back(request: HttpRequest) -> str:
    """The same view of the queue: only its own query, never an address from outside."""
    kept = {key: whole(request.GET.get(key)) for key in ("all", "run")}
    query = "&".join(f"{key}={value}" for key, value in kept.items() if value is not None)
    return reverse("admin:campaigns_flag_queue") + (f"?{query}" if query else "")
