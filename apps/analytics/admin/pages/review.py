"""One review: what came out of it, why, and what we do next."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.accounts.models import User
from apps.analytics.admin.about_form import label_of, unit_of
from apps.analytics.admin.board.charts import Chart, Column, Table, number_cell, text_cell
from apps.analytics.admin.board.filters import Filters
from apps.analytics.admin.board.page import Page
from apps.analytics.admin.review_tables import charts_of, weakest_in_words
from apps.analytics.enums import ReviewSection, ReviewState
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.models import Review, ReviewVersion
from apps.analytics.selectors.periods import day_of
from apps.analytics.selectors.reviews import compared, is_overdue, review_before, reviews_of
from apps.core.numbers import whole

_PEOPLE = 200


def build(filters: Filters) -> dict[str, Any]:
    """``?review=`` which one, ``&version=`` as it was published, ``&with=`` another review beside it.

    Raises ``Http404`` for what the user may not see (S1).
    """
    review = _review(filters)
    version = _version(review, filters)
    if version is not None:
        review.figures, review.diagnosis, review.sections = (
            version.figures,
            version.diagnosis,
            version.sections,
        )
        review.figured_at = version.figured_at
    user = filters.user
    headline, lines = weakest_in_words(review)
    is_editable = (
        not filters.is_shared
        and version is None
        and review.state == ReviewState.DRAFT
        and user.has_perm("analytics.change_review")
    )
    charts = charts_of(review, filters)
    before = None if filters.is_shared else review_before(review, user)
    other = before if before is not None and filters.more.get("with") == str(before.pk) else None
    if other is not None:
        charts["compared"] = _compared(review, other)
    today = day_of(filters.now)
    return {
        "tiles": [],
        "charts": charts,
        "review": review,
        "version": version,
        "versions": [] if filters.is_shared else list(review.versions.select_related("published_by")),
        "headline": headline,
        "lines": lines,
        "sections": [(key, label, review.sections.get(key, "")) for key, label in ReviewSection.choices],
        "is_editable": is_editable,
        "may_change": not filters.is_shared and version is None and user.has_perm("analytics.change_review"),
        "actions": [
            (action, is_overdue(action, today))
            for action in review.actions.select_related("owner", "done_by")
        ],
        "hypotheses": _hypotheses(review),
        "before": before,
        "other": other,
        "people": _people(review) if is_editable or not filters.is_shared else [],
    }


def _review(filters: Filters) -> Review:
    within = filters.scope if filters.is_shared else None
    found = reviews_of(filters.user, within).filter(pk=whole(filters.more.get("review")) or 0).first()
    if found is None:
        raise Http404
    return found


def _version(review: Review, filters: Filters) -> ReviewVersion | None:
    """What a reader who came by a link sees is what was published last, not the draft."""
    if filters.is_shared:
        published = review.versions.first()
        if published is None and review.state != ReviewState.PUBLISHED:
            raise Http404
        return published if review.state != ReviewState.PUBLISHED else None
    return review.versions.filter(number=whole(filters.more.get("version")) or 0).first()


def _hypotheses(review: Review) -> list[dict[str, Any]]:
    """With each action (number, text, whether it is a task already)."""
    taken = {(action.origin, action.text) for action in review.actions.all()}
    return [
        {**one, "steps": [(n, text, (one["key"], text) in taken) for n, text in enumerate(one["actions"])]}
        for one in review.diagnosis.get("hypotheses", [])
    ]


def _people(review: Review) -> list[User]:
    """Who may be given a task: the team's people."""
    team = review.home_team
    people = User.objects.filter(is_active=True, is_staff=True)
    if team is not None:
        people = people.filter(teams=team)
    return list(people.order_by("display_name", "username")[:_PEOPLE])


def _compared(review: Review, other: Review) -> Chart:
    columns = [
        Column(_("指标"), is_number=False),
        Column(_("这次")),
        Column(_("上一份")),
    ]
    rows = []
    for row in compared(review, other):
        unit = unit_of(all_metrics().get(row["key"]))
        rows.append(
            [
                text_cell(label_of(row["key"])),
                number_cell(row["now"]["value"], unit),
                number_cell(row["was"]["value"], unit),
            ]
        )
    return Chart("compared", _("和“%s”比") % other, {}, Table(columns, rows))


PAGE = Page(
    key="review",
    label=_lazy("复盘报告"),
    icon="history_edu",
    template="analytics/review.html",
    build=build,
    permission="analytics.view_review",
    filters=(),
    in_sidebar=False,
    order=94,
)
