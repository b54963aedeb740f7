"""Cells of the list of campaigns."""

from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string
from django.urls import NoReverseMatch
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apps.campaigns.enums import RunState
from apps.campaigns.mechanics.registry import all_mechanics
from apps.campaigns.models import Campaign, Run


def card(campaign: Campaign) -> SafeString:
    mechanic = all_mechanics().get(campaign.mechanic)
    if mechanic is None:
        return format_html("{}", campaign.title)
    return format_html(
        '<span class="ca-cell-list ca-name">{}<span><b>{}</b><small>{}</small></span></span>',
        render_to_string("campaigns/_mark.html", {"mechanic": mechanic}),
        campaign.title,
        mechanic.label,
    )


def run_card(run: Run) -> SafeString:
    """A run by its campaign's mark and title; the run comes with its campaign."""
    mechanic = all_mechanics().get(run.mechanic)
    return format_html(
        '<span class="ca-cell-list ca-name"><span class="ca-mark" aria-hidden="true">{}</span>'
        "<span><b>{}</b><small>{}</small></span></span>",
        mechanic.mark if mechanic else "?",
        run.campaign.title,
        _("第 %(number)d 期") % {"number": run.number},
    )


def window(run: Run, words: tuple[Any, Any] | None) -> SafeString:
    """From when to when, and the time that is left where ``words`` say how to put it."""
    first, last = timezone.localtime(run.opens_at), timezone.localtime(run.closes_at)
    clock = countdown(run, str(words[0]), str(words[1])) if words else ""
    return format_html(
        '<span class="ca-cell-list">{}<small>{}</small></span>',
        f"{first:%m-%d %H:%M} → {last:%m-%d %H:%M}",
        clock,
    )


def current_run(run: Run | None) -> SafeString:
    """Which period, in which state, and the time that is left, running."""
    if run is None:
        return format_html('<span class="ca-cell-list"><small>{}</small></span>', _("没有进行中的期"))
    state = run.get_state_display()
    label = format_html("{} · {}", _("第 %(number)d 期") % {"number": run.number}, state)
    if run.state in (RunState.OPEN, RunState.PAUSED):
        clock = countdown(run, _("还剩 %s"), _("时间到了，马上结束"))
    elif run.state == RunState.SCHEDULED:
        clock = countdown(run, _("%s 后开始"), _("时间到了，马上开始"))
    else:
        clock = format_html("")
    url = run_url(run)
    shown = format_html('<a href="{}">{}</a>', url, label) if url else label
    return format_html('<span class="ca-cell-list">{}<small>{}</small></span>', shown, clock)


def countdown(run: Run, word: str, over: str) -> SafeString:
    """A time that runs in the browser, on the server's clock; without scripts it shows the moment."""
    until = run.opens_at if run.state == RunState.SCHEDULED else run.closes_at
    return format_html(
        '<time data-until="{}" data-now="{}" data-word="{}" data-over="{}">{}</time>',
        until.isoformat(),
        timezone.now().isoformat(),
        word,
        over,
        timezone.localtime(until).strftime("%m-%d %H:%M"),
    )


def run_url(run: Run) -> str:
    """The run's monitor, or "" where there is none."""
    try:
        return run.get_absolute_url()
    except NoReverseMatch:
        return ""


def stock(campaign: Campaign, run: Run | None) -> SafeString:
    """Used and whole stock of the current run; of the plan while nothing runs."""
    row = getattr(run, "stock", None)
    if row is None:
        whole = campaign.stock
        return format_html("{}", _("每期 %(whole)d") % {"whole": whole} if whole is not None else "—")
    used = row.reserved + row.sold
    if row.stock is None:
        return format_html("{}", used or "—")
    return _bar(used, row.stock, f"{used:,} / {row.stock:,}")


def budget(campaign: Campaign, run: Run | None) -> SafeString:
    """Yuan spent of the current run's budget; of the plan while nothing runs."""
    row = getattr(run, "stock", None)
    if row is None:
        whole = campaign.budget
        return format_html(
            "{}", _("每期 ¥%(whole)s") % {"whole": f"{whole:,.2f}"} if whole is not None else "—"
        )
    if row.budget is None:
        return format_html("¥{}", f"{row.granted_cost:,.2f}")
    return _bar(row.granted_cost, row.budget, f"¥{row.granted_cost:,.2f} / {row.budget:,.2f}")


def _bar(used: Decimal | int, whole: Decimal | int, words: str) -> SafeString:
    return format_html(
        '<span class="ca-cell-list"><progress max="{}" value="{}"></progress><small class="{}">{}</small></span>',
        whole or 1,
        used,
        "ca-warn" if used * 10 >= whole * 9 else "",
        words,
    )
