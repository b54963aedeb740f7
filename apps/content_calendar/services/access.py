"""Who may do what to a post (S1), and holding its row while it is done."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.content_calendar.models import Post
from apps.core.errors import NotAllowed, Text, WrongState
from apps.groups.models import Group


def check_may(actor: User, permission: str, post: Post | None = None) -> None:
    """Raise ``NotAllowed`` unless ``actor`` has ``permission`` and may see ``post``."""
    if not actor.is_active or not actor.has_perm(permission):
        raise NotAllowed(_("你没有这个操作的权限。"), hint=_("需要的话，请联系社群架构师开通。"))
    if post is not None and not Post.objects.visible_to(actor).filter(pk=post.pk).exists():
        raise NotAllowed(_("这条帖子不在你的团队里。"), hint=_("请联系帖子的作者。"))


def check_sight(actor: User, groups: Iterable[Group], *, hint: Text) -> None:
    """Raise ``NotAllowed`` if ``actor`` may not see every one of ``groups`` (S1)."""
    wanted = {group.pk for group in groups}
    seen = set(Group.objects.visible_to(actor).filter(pk__in=wanted).values_list("pk", flat=True))
    if hidden := wanted - seen:
        raise NotAllowed(_("这条帖子要发到 %(count)s 个你看不到的社群。") % {"count": len(hidden)}, hint=hint)


def lock_post(post: Post) -> Post:
    """Return ``post`` as it is now, its row locked until the transaction ends.

    Everything that changes a post starts here, so that of two people one waits and then sees what the other did.
    """
    locked = (
        Post.objects.select_for_update(of=("self",))
        .select_related("author", "image", "team")
        .filter(pk=post.pk)
        .first()
    )
    if locked is None:
        raise WrongState(_("这条帖子已经被删除。"), hint=_("回到日历看看。"))
    return locked
