"""下一步: who does what until when."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.services.notices import notify
from apps.analytics.models import Review, ReviewAction
from apps.analytics.services.reviews.starting import need_change
from apps.core.errors import Invalid, NotAllowed


@transaction.atomic
def add_action(
    *,
    review: Review,
    text: str,
    actor: User,
    now: datetime,
    owner: User | None = None,
    due_on: date | None = None,
    origin: str = "",
) -> ReviewAction:
    """A task; its owner is told. Raises ``Invalid`` for no words, ``NotAllowed``."""
    need_change(actor)
    text = " ".join(text.replace("\0", "").split())
    if not text:
        raise Invalid(_("写一句要做什么。"), hint=_("例如：给老成员发一张复购券。"), field="text")
    if len(text) > 200:
        raise Invalid(_("任务最多 200 个字。"), hint=_("拆成两条，或写短一点。"), field="text")
    action = ReviewAction.objects.create(
        review=review, text=text, owner=owner, due_on=due_on, origin=origin[:40], created_at=now
    )
    if owner is not None and owner != actor:
        notify(
            users=[owner],
            key=f"review_action:{action.pk}",
            text=_("复盘“%(review)s”给你派了任务：%(text)s") % {"review": review, "text": text},
            url=review.get_absolute_url(),
        )
    return action


def take_up(*, review: Review, hypothesis: str, number: int, actor: User, now: datetime) -> ReviewAction:
    """Make a task of a suggestion of the diagnosis, once. Raises ``Invalid`` when there is no such suggestion."""
    for found in review.diagnosis.get("hypotheses", []):
        if found["key"] == hypothesis and 0 <= number < len(found["actions"]):
            text = found["actions"][number]
            same = review.actions.filter(text=text, origin=hypothesis).first()
            return same or add_action(
                review=review, text=text, actor=actor, now=now, owner=review.author, origin=hypothesis
            )
    raise Invalid(_("没有这条建议。"), hint=_("刷新页面看看最新的诊断。"))


def finish_action(*, action: ReviewAction, actor: User, now: datetime) -> ReviewAction:
    """Done; by its owner or by who may change the review. A second time changes nothing."""
    _need_own(action, actor)
    if ReviewAction.objects.filter(pk=action.pk, done_at__isnull=True).update(done_at=now, done_by=actor):
        action.refresh_from_db()
    return action


def reopen_action(*, action: ReviewAction, actor: User) -> ReviewAction:
    """Not done after all."""
    _need_own(action, actor)
    ReviewAction.objects.filter(pk=action.pk).update(done_at=None, done_by=None)
    action.refresh_from_db()
    return action


def drop_action(*, action: ReviewAction, actor: User) -> None:
    """Take an open task away. Raises ``Invalid`` for one that is done: it is part of what happened."""
    need_change(actor)
    if action.done_at is not None:
        raise Invalid(_("做完的任务不能删。"), hint=_("先改回未完成。"))
    action.delete()


def _need_own(action: ReviewAction, actor: User) -> None:
    if action.owner_id != actor.pk and not actor.has_perm("analytics.change_review"):
        raise NotAllowed(_("只有负责人能勾这条任务。"), hint=_("请负责人来勾，或请能改复盘的同事。"))
