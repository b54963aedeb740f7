"""What waits for approval."""

from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet

from apps.accounts.models import Approval, User
from apps.content_calendar.enums import PostState
from apps.content_calendar.models import Post


def submitted_posts(user: User) -> QuerySet[Post]:
    """Posts that wait for approval and that ``user`` may see (S1), most urgent first."""
    return (
        Post.objects.visible_to(user)
        .filter(state=PostState.SUBMITTED)
        .select_related("author", "submitted_by", "team")
        .order_by("scheduled_at", "id")
    )


def waiting_for(user: User) -> QuerySet[Post]:
    """Those of them that ``user`` may decide on: with the permission, and neither written nor submitted by them."""
    posts = submitted_posts(user)
    if not user.has_perm("content_calendar.approve_post"):
        return posts.none()
    return posts.exclude(author=user).exclude(submitted_by=user)


def approvals_of(post: Post) -> QuerySet[Approval]:
    """Every request and decision about ``post``, newest first."""
    return Approval.objects.filter(
        subject_type=ContentType.objects.get_for_model(Post), subject_id=post.pk
    ).select_related("requested_by", "decided_by")


def last_comment(post: Post) -> str:
    """What the last person who decided about ``post`` wrote."""
    newest = approvals_of(post).exclude(decided_at=None).first()
    return newest.comment if newest else ""
