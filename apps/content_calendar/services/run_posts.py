"""Drafting the posts that campaigns' runs want, and taking back those that nobody needs any more.

Drafts only: approval stays with people. The campaign's row is held meanwhile, so that two beats draft once; the
unique (run, kind) would refuse the second anyway.
"""

import logging
from collections.abc import Container
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from apps.accounts.enums import NoticeLevel
from apps.accounts.models import User
from apps.accounts.services.approvals import withdraw
from apps.accounts.services.audit import audit
from apps.campaigns.enums import LIVE_RUN_STATES, EntryState, RunState
from apps.campaigns.models import Campaign, Run
from apps.campaigns.selectors.plans import read_plan
from apps.campaigns.services.runs.access import lock_campaign
from apps.campaigns.services.runs.telling import tell
from apps.content_calendar.enums import BEFORE_THE_END, EDITABLE_STATES, POST_MOVES, PostState, RunPostKind
from apps.content_calendar.models import Post, RunPost
from apps.content_calendar.services.access import lock_post
from apps.content_calendar.services.run_texts import (
    LEAD,
    RunWords,
    body_of,
    planned_times,
    result_time,
    title_of,
)
from apps.core.models import move
from apps.groups.models import Group

logger = logging.getLogger(__name__)

#: Drafts are made this long before the run begins, and results this long after it was settled.
AHEAD = timedelta(days=7)
RESULTS_FOR = timedelta(days=3)
#: A draft needs somebody's approval before its time; a later one is not worth making.
_SHORTEST = timedelta(minutes=10)
_UNAPPROVED = EDITABLE_STATES | {PostState.SUBMITTED}


def draft_run_posts(*, now: datetime) -> int:
    """Draft what runs want, move what they moved, take back what is over; returns how many posts changed."""
    campaigns = Campaign.objects.filter(
        Exists(_wanting(now).filter(campaign=OuterRef("pk")))
        | Exists(_outlived().filter(run__campaign=OuterRef("pk")))
    )
    changed = 0
    for pk in campaigns.order_by("pk").values_list("pk", flat=True):
        try:
            changed += _one_campaign(pk, now)
        except Exception:
            logger.exception("the posts of campaign %s could not be drafted", pk)
    return changed


@transaction.atomic
def _one_campaign(campaign_id: int, now: datetime) -> int:
    campaign = lock_campaign(campaign_id, skip_locked=True)
    if campaign is None:
        return 0
    with translation.override(settings.LANGUAGE_CODE):
        changed = sum(_take_back(row, now) for row in _outlived().filter(run__campaign=campaign))
        for run in _wanting(now).filter(campaign=campaign).select_related("campaign__owner").order_by("pk"):
            changed += _one_run(run, campaign, now)
    return changed


def _wanting(now: datetime) -> QuerySet[Run]:
    """Runs whose posts are worth making now."""
    return Run.objects.filter(
        Q(state=RunState.SCHEDULED, opens_at__lte=now + AHEAD)
        | Q(state=RunState.OPEN, closes_at__gt=now)
        | Q(state=RunState.SETTLED, settled_at__gt=now - RESULTS_FOR),
        campaign__drafts_posts=True,
        campaign__groups__isnull=False,
    ).distinct()


def _times(run: Run, drafted: Container[str], now: datetime) -> dict[RunPostKind, datetime]:
    """The posts that can still come in time."""
    campaign = run.campaign
    if run.state == RunState.SETTLED:
        assert run.settled_at is not None
        times = {RunPostKind.RESULT: result_time(run.settled_at, campaign.timezone)}
    else:
        warn = timedelta(minutes=campaign.warn_minutes)
        times = planned_times(opens_at=run.opens_at, closes_at=run.closes_at, warn=warn)
        if (
            run.opened_at is not None and RunPostKind.START not in drafted
        ):  # opened at once: nothing was ahead
            times[RunPostKind.START] = run.opened_at + LEAD
    return {kind: at for kind, at in times.items() if at >= now + _SHORTEST}


def _one_run(run: Run, campaign: Campaign, now: datetime) -> int:
    drafted = {row.kind: row for row in RunPost.objects.filter(run=run).select_related("post")}
    times = _times(run, drafted, now)
    moved = sum(_follow(row, times[RunPostKind(kind)]) for kind, row in drafted.items() if kind in times)
    missing = {kind: at for kind, at in times.items() if kind not in drafted}
    if not missing:
        return moved
    author = campaign.owner
    if author is None or not author.is_active:
        _say_nobody(run)
        return moved
    groups = list(campaign.groups.all() & Group.objects.visible_to(author).open())
    if not groups:
        return moved
    words = _words(run, campaign)
    for kind, at in missing.items():
        _draft(run, kind, at, words, author=author, groups=groups)
    tell(
        run,
        key=f"run:{run.pk}:posts:{'-'.join(sorted(missing))}",
        text=_("《%(title)s》第 %(number)d 期的帖子已起草 %(count)d 条（%(kinds)s），请看过后提交审批。")
        % {
            "title": campaign.title,
            "number": run.number,
            "count": len(missing),
            "kinds": _("、").join(str(kind.label) for kind in missing),
        },
    )
    return moved + len(missing)


def _words(run: Run, campaign: Campaign) -> RunWords:
    won = run.entries.filter(state=EntryState.WON).count() if run.state == RunState.SETTLED else 0
    return RunWords(
        plan=read_plan(run),
        headline=campaign.headline,
        opens_at=run.opens_at,
        closes_at=run.closes_at,
        timezone=campaign.timezone,
        won=won,
        is_mini_program=bool(campaign.mini_program_path.strip()),
    )


def _draft(
    run: Run, kind: RunPostKind, at: datetime, words: RunWords, *, author: User, groups: list[Group]
) -> None:
    post = Post.objects.create(
        title=title_of(kind, words, run.number),
        body=body_of(kind, words),
        scheduled_at=at,
        state=PostState.DRAFT,
        team=run.campaign.team,
        author=author,
    )
    post.groups.set(groups)
    RunPost.objects.create(run=run, kind=kind, post=post, planned_for=at)
    audit(actor=None, action="post.draft", target=post, run=run.pk, kind=kind.value)


def _follow(row: RunPost, at: datetime) -> int:
    """A run that moved takes its drafts along, unless a person gave them another time."""
    if row.planned_for == at:
        return 0
    post = lock_post(row.post) if row.post is not None else None
    if post is not None and post.state in EDITABLE_STATES and post.scheduled_at == row.planned_for:
        post.scheduled_at = at
        post.save(update_fields=["scheduled_at", "updated_at"])
    row.planned_for = at
    row.save(update_fields=["planned_for", "updated_at"])
    return 1


def _outlived() -> QuerySet[RunPost]:
    """Rows of posts that speak of a run that is over or was cancelled, and may still be stopped quietly; and of
    approved ones that people must hear of."""
    return RunPost.objects.filter(
        kind__in=BEFORE_THE_END, post__state__in=[*_UNAPPROVED, PostState.SCHEDULED]
    ).exclude(run__state__in=LIVE_RUN_STATES)


def _take_back(row: RunPost, now: datetime) -> int:
    assert row.post is not None
    post = lock_post(row.post)
    if post.state == PostState.SCHEDULED:
        _warn_of_approved(row, post)
        return 0
    if post.state not in _UNAPPROVED:
        return 0
    was_submitted = post.state == PostState.SUBMITTED
    asker = post.submitted_by or post.author
    move(post, PostState.CANCELLED, table=POST_MOVES, submitted_by=None, approved_by=None, approved_at=None)
    if was_submitted:
        withdraw(subject=post, actor=asker, now=now)
    audit(actor=None, action="post.cancel", target=post, reason=_("活动这一期已经结束或取消"))
    tell(
        row.run,
        key=f"run:{row.run_id}:post-taken-back",
        text=_("《%(title)s》第 %(number)d 期已经结束或取消，还没审批的帖子一起取消了。")
        % {"title": row.run.campaign.title, "number": row.run.number},
    )
    return 1


def _warn_of_approved(row: RunPost, post: Post) -> None:
    """A person approved it: a person takes it back. Silence would let it announce what is over."""
    tell(
        row.run,
        key=f"post:{post.pk}:outlived",
        text=_("《%(title)s》第 %(number)d 期已经结束或取消，但“%(post)s”已审批，仍会发出。请到日历取消它。")
        % {"title": row.run.campaign.title, "number": row.run.number, "post": post.title},
        level=NoticeLevel.ERROR,
    )


def _say_nobody(run: Run) -> None:
    tell(
        run,
        key=f"run:{run.pk}:no-author",
        text=_("《%(title)s》没有在职的负责人，第 %(number)d 期的帖子没有起草。请给活动选一位负责人。")
        % {"title": run.campaign.title, "number": run.number},
        level=NoticeLevel.WARNING,
    )
