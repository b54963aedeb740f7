"""The text of a review: nothing that was typed is lost."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.analytics.enums import REVIEW_MOVES, ReviewSection, ReviewState
from apps.analytics.models import Review, ReviewVersion
from apps.analytics.services.reviews.starting import need_change
from apps.core.errors import DomainError, WrongState
from apps.core.models import move

_LONGEST = 20_000


class Clash(DomainError):
    """Somebody else saved in between; ``theirs`` is what is there now. What was typed has not been written."""

    code = "clash"

    def __init__(self, theirs: Review) -> None:
        self.theirs = theirs
        super().__init__(
            _("这份复盘刚被别人改过。"),
            hint=_("你写的还在下面：对照最新内容合并后，再保存一次。"),
        )


@transaction.atomic
def write(
    *, review: Review, sections: Mapping[str, str], revision: int, actor: User, now: datetime
) -> Review:
    """Save the text of a draft. ``revision`` is the one that the writer began with; raises ``Clash`` when it is no
    longer the latest, ``WrongState`` for a published review, ``NotAllowed``."""
    need_change(actor)
    review = Review.objects.select_for_update(of=("self",)).get(pk=review.pk)
    if review.state != ReviewState.DRAFT:
        raise WrongState(_("这份复盘已经发布。"), hint=_("先点“继续编辑”。"))
    texts = {
        key: str(sections.get(key, review.sections.get(key, ""))).replace("\0", "")[:_LONGEST]
        for key in ReviewSection.values
    }
    if texts == {key: review.sections.get(key, "") for key in ReviewSection.values}:
        return review
    if revision != review.revision:
        raise Clash(review)
    review.sections = texts
    review.revision += 1
    review.save(update_fields=["sections", "revision", "updated_at"])
    return review


@transaction.atomic
def publish(*, review: Review, actor: User, now: datetime) -> ReviewVersion:
    """Publish a draft; what is published stays as a version. Raises ``NotAllowed`` and ``WrongState``."""
    need_change(actor)
    review = Review.objects.select_for_update(of=("self",)).get(pk=review.pk)
    move(review, ReviewState.PUBLISHED, table=REVIEW_MOVES, published_at=now)
    number = (review.versions.aggregate(Max("number"))["number__max"] or 0) + 1
    version = ReviewVersion.objects.create(
        review=review,
        number=number,
        figures=review.figures,
        diagnosis=review.diagnosis,
        sections=review.sections,
        figured_at=review.figured_at,
        published_by=actor,
        published_at=now,
    )
    audit(actor=actor, action="review.publish", target=review, version=number)
    return version


@transaction.atomic
def reopen(*, review: Review, actor: User, now: datetime) -> Review:
    """Take a published review up again; its versions stay. Raises ``NotAllowed`` and ``WrongState``."""
    need_change(actor)
    move(review, ReviewState.DRAFT, table=REVIEW_MOVES)
    audit(actor=actor, action="review.reopen", target=review)
    return review
