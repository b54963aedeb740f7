"""Writing and copying posts."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.content_calendar.enums import EDITABLE_STATES, PostState
from apps.content_calendar.models import Material, Post
from apps.content_calendar.selectors.audience import clean_filter
from apps.content_calendar.selectors.wall_clock import plannable
from apps.content_calendar.services.access import check_may, lock_post
from apps.core.errors import NotAllowed, WrongState
from apps.groups.models import Group

#: What a person may write; everything else about a post is moved by its own service.
FIELDS = (
    "title",
    "kind",
    "body",
    "image",
    "link_title",
    "link_url",
    "selection",
    "group_filter",
    "scheduled_at",
    "is_group_time",
    "cutoff_minutes",
    "team",
)


@transaction.atomic
def write_post(
    *,
    post: Post | None,
    values: Mapping[str, Any],
    groups: Iterable[Group],
    actor: User,
    now: datetime,
    seen_at: datetime | None = None,
) -> Post:
    """Create a draft (``post=None``) or change one; returns it as stored.

    ``values`` maps names of ``FIELDS``; ``groups`` replaces the chosen groups. ``seen_at`` is the
    ``updated_at`` that the writer's form was made from. Raises ``WrongState`` if the post was submitted or
    changed by somebody else meanwhile, ``NotAllowed`` for groups, pictures or teams that the actor may not
    see (S1).
    """
    groups = list(groups)
    if post is None:
        check_may(actor, "content_calendar.add_post")
        post = Post(author=actor, state=PostState.DRAFT)
    else:
        check_may(actor, "content_calendar.change_post", post)
        post = lock_post(post)
        if post.state not in EDITABLE_STATES:
            raise WrongState(
                _("帖子现在是“%(state)s”，不能修改内容。") % {"state": post.get_state_display()},
                hint=_("先在帖子页撤回，再修改；你刚才写的内容还在本页。"),
            )
        if seen_at is not None and post.updated_at != seen_at:
            raise WrongState(
                _("你打开页面之后，别人改过这条帖子。"),
                hint=_("你写的内容还在本页：先另存一份，再刷新看看对方改了什么。"),
                code="changed_meanwhile",
            )
    _check_scope(actor, values, groups)
    if (moment := values.get("scheduled_at")) is not None:
        plannable(moment)
    for name in FIELDS:
        if name in values:
            setattr(post, name, values[name])
    post.group_filter = clean_filter(post.group_filter)
    if post.team is None and post.pk is None:
        post.team = actor.teams.first()
    is_new = post.pk is None
    post.save()
    post.groups.set(groups)
    audit(actor=actor, action="post.create" if is_new else "post.change", target=post)
    return post


@transaction.atomic
def copy_post(*, post: Post, actor: User, now: datetime) -> Post:
    """A new draft of ``actor`` with the same content and audience and no time; groups out of sight are left out."""
    check_may(actor, "content_calendar.add_post")
    check_may(actor, "content_calendar.view_post", post)
    values = {name: getattr(post, name) for name in FIELDS} | {"scheduled_at": None}
    suffix = _("（副本）")
    values["title"] = post.title[: 80 - len(suffix)] + suffix
    if post.team is not None and not _may_use_team(actor, post.team.pk):
        values["team"] = actor.teams.first()
    groups = post.groups.all() & Group.objects.visible_to(actor)
    return write_post(post=None, values=values, groups=groups, actor=actor, now=now)


def _check_scope(actor: User, values: Mapping[str, Any], groups: list[Group]) -> None:
    wanted = {group.pk for group in groups}
    seen = set(Group.objects.visible_to(actor).filter(pk__in=wanted).values_list("pk", flat=True))
    if hidden := wanted - seen:
        raise NotAllowed(
            _("有 %(count)s 个社群不在你的团队里，不能选。") % {"count": len(hidden)},
            hint=_("请去掉它们，或请架构师把你加进对应的团队。"),
            field="groups",
        )
    image = values.get("image")
    if image is not None and not Material.objects.visible_to(actor).filter(pk=image.pk).exists():
        raise NotAllowed(_("这张图片属于别的团队。"), hint=_("请换一张，或自己上传。"), field="image")
    team = values.get("team")
    if team is not None and not _may_use_team(actor, team.pk):
        raise NotAllowed(_("你不在这个团队里。"), hint=_("请选你自己的团队。"), field="team")


def _may_use_team(actor: User, team_id: int) -> bool:
    return actor.has_perm("accounts.view_all_teams") or actor.teams.filter(pk=team_id).exists()
