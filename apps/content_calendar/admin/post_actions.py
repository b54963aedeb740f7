"""What may be done with a post now, and why not."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.content_calendar.enums import EDITABLE_STATES, POST_MOVES, PostState
from apps.content_calendar.models import Post
from apps.content_calendar.selectors.calendar import Progress


@dataclass(frozen=True, kw_only=True)
class Action:
    """A button. ``asks`` is what its dialog asks for: "" nothing, "optional" or "required" a reason, "time".
    ``why_not`` disables it."""

    verb: str
    label: str
    style: str = ""
    asks: str = ""
    question: str = ""
    why_not: str = ""


def actions_for(post: Post, *, user: User, progress: Progress) -> list[Action]:
    """The buttons of the post's page, for this user and the post's state, in order."""
    actions: list[Action] = []
    may_change = user.has_perm("content_calendar.change_post")
    if post.state == PostState.SUBMITTED:
        actions += _decisions(post, user)
    if may_change and post.state in EDITABLE_STATES:
        actions.append(Action(verb="edit", label=_("修改"), style="primary"))
    if may_change and post.state == PostState.SCHEDULED:
        began = _("已经开始发送，不能再改时间。") if progress.begun else ""
        actions.append(
            Action(
                verb="move",
                label=_("改时间"),
                asks="time",
                question=_("改到什么时候？各群的消息会一起移过去。"),
                why_not=began,
            )
        )
    if (
        may_change
        and PostState.DRAFT in POST_MOVES[PostState(post.state)]
        and post.state != PostState.REJECTED
    ):
        again = post.state == PostState.CANCELLED
        actions.append(
            Action(
                verb="recall",
                label=_("恢复为草稿") if again else _("撤回"),
                asks="optional",
                question=_("恢复后可以修改，再提交审批。")
                if again
                else _("还没发出的都会停下，帖子回到草稿；已经发出的收不回来。"),
            )
        )
    if may_change and PostState.CANCELLED in POST_MOVES[PostState(post.state)]:
        actions.append(
            Action(
                verb="cancel",
                label=_("取消帖子"),
                style="danger",
                asks="optional",
                question=_("还没发出的都不再发。帖子留在日历上，标为已取消。"),
            )
        )
    if user.has_perm("content_calendar.add_post"):
        actions.append(Action(verb="copy", label=_("复制")))
    return actions


def _decisions(post: Post, user: User) -> list[Action]:
    why_not = ""
    if user.pk in {post.author_id, post.submitted_by_id}:
        why_not = _("不能审批自己写的或自己提交的帖子，请另一位同事处理。")
    elif not user.has_perm("content_calendar.approve_post"):
        why_not = _("你没有审批权限，等社群架构师处理。")
    return [
        Action(
            verb="approve",
            label=_("审批通过"),
            style="primary",
            asks="optional",
            question=_("通过后按时间自动发布。"),
            why_not=why_not,
        ),
        Action(
            verb="reject",
            label=_("退回"),
            asks="required",
            question=_("写明原因，作者会看到。"),
            why_not=why_not,
        ),
    ]
