"""Starting a review, and reading its figures anew."""

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.accounts.models import Team, User
from apps.accounts.services.audit import audit
from apps.analytics.enums import ReviewKind, ReviewState
from apps.analytics.models import Review
from apps.analytics.selectors.periods import day_of, month_of
from apps.analytics.selectors.review_peers import period_of_campaign, period_of_run
from apps.analytics.selectors.scope import scope_of
from apps.analytics.services.reviews.freezing import freeze
from apps.campaigns.models import Campaign, Run
from apps.core.errors import Invalid, NotAllowed, WrongState
from apps.groups.models import Group


@transaction.atomic
def start_review(
    *,
    kind: str,
    actor: User,
    now: datetime,
    run: Run | None = None,
    campaign: Campaign | None = None,
    group: Group | None = None,
    team: Team | None = None,
    month: date | None = None,
) -> tuple[Review, bool]:
    """The review of a subject, made if there is none; and whether it is new.

    A run is reviewed over its window, a campaign from its first run to its last, a group and a team over ``month``
    (a day of it; this month for None). The caller has looked the subject up within the actor's sight; of months, a
    whole house may be reviewed only by who sees all teams. Raises ``NotAllowed`` and ``Invalid``.
    """
    if not actor.has_perm("analytics.add_review"):
        raise NotAllowed(_("你没有写复盘的权限。"), hint=_("请管理员给你的角色加上。"))
    wanted: dict[str, Any] = {"run": None, "campaign": None, "group": None, "team": None}
    period = month_of(month or day_of(now))
    match kind:
        case ReviewKind.RUN if run is not None:
            wanted["run"], period = run, period_of_run(run)
        case ReviewKind.CAMPAIGN if campaign is not None:
            held = period_of_campaign(campaign)
            if held is None:
                raise Invalid(_("这个活动还没有开过一期。"), hint=_("开过一期后再来复盘。"))
            wanted["campaign"], period = campaign, held
        case ReviewKind.GROUP if group is not None:
            wanted["group"] = group
        case ReviewKind.MONTH:
            teams = scope_of(actor).team_ids
            if teams is not None and (team is None or team.pk not in teams):
                raise NotAllowed(_("选一个你所在的团队。"), hint=_("只有能看全部团队的人可以复盘全部团队。"))
            wanted["team"] = team
        case _:
            raise Invalid(_("先选要复盘的对象。"), hint=_("选活动、活动期、社群或团队。"), field="kind")
    if period.first > day_of(now):
        raise Invalid(_("还没有开始，没有数据可以复盘。"), hint=_("开始之后再来。"))
    same = Review.objects.filter(kind=kind, starts_on=period.first, ends_on=period.last, **_ids(wanted))
    if (found := same.first()) is not None:
        return found, False
    review = Review(
        kind=kind,
        starts_on=period.first,
        ends_on=period.last,
        author=actor,
        **wanted,
    )
    freeze(review, user=actor, now=now)
    try:
        with transaction.atomic():
            review.save()
    except IntegrityError:
        # A second click, or a colleague at the same moment: theirs was first.
        if (found := same.first()) is None:
            raise
        return found, False
    audit(actor=actor, action="review.start", target=review, kind=kind)
    return review, True


def _ids(wanted: dict[str, Any]) -> dict[str, Any]:
    return {f"{name}_id": getattr(row, "pk", None) for name, row in wanted.items()}


@transaction.atomic
def refigure(*, review: Review, actor: User, now: datetime) -> Review:
    """Read the figures of a draft anew; its text stays. Raises ``NotAllowed`` and ``WrongState``."""
    need_change(actor)
    review = Review.objects.select_for_update(of=("self",)).get(pk=review.pk)
    if review.state != ReviewState.DRAFT:
        raise WrongState(_("已发布的复盘不再变。"), hint=_("先“继续编辑”，再刷新数据。"))
    freeze(review, user=actor, now=now)
    review.save(update_fields=["figures", "diagnosis", "figured_at", "updated_at"])
    return review


def need_change(actor: User) -> None:
    if not actor.has_perm("analytics.change_review"):
        raise NotAllowed(_("你没有改复盘的权限。"), hint=_("请管理员给你的角色加上。"))
