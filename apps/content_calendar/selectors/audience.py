"""Which groups a post goes to."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q

from apps.accounts.models import User
from apps.content_calendar.enums import PostState, Selection
from apps.content_calendar.models import Post, PostTarget
from apps.core.numbers import wholes
from apps.groups.models import Group
from apps.groups.models.group import GroupQuerySet

#: Keys of ``Post.group_filter`` → column of ``Group``.
FILTER_COLUMNS = {"kind": "kind", "platform": "platform", "stage": "stage", "team": "team_id"}


def clean_filter(raw: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Keep the known keys that have values; team ids become integers, everything else text."""
    cleaned: dict[str, list[Any]] = {}
    for key in FILTER_COLUMNS:
        values = raw.get(key) or []
        if not isinstance(values, list | tuple):
            continue
        kept = list[int | str](wholes(values)) if key == "team" else [str(v) for v in values]
        if kept:
            cleaned[key] = sorted(set(kept))
    return cleaned


def groups_matching(group_filter: Mapping[str, Any], *, user: User) -> GroupQuerySet:
    """Open groups that ``user`` may see (S1) and that meet every key of the filter; no key means all."""
    found = Group.objects.visible_to(user).open()
    for key, values in clean_filter(group_filter).items():
        found = found.filter(**{f"{FILTER_COLUMNS[key]}__in": values})
    return found.order_by("name", "id")


def groups_of(post: Post) -> GroupQuerySet:
    """The groups of ``post``: frozen once it is scheduled, otherwise as they are chosen or match now.

    A filter reaches only what the post's author may see (S1), whoever looks at it.
    """
    if post.state in {PostState.SCHEDULED, PostState.FINISHED}:
        frozen = PostTarget.objects.filter(post=post, group=OuterRef("pk"))
        return Group.objects.filter(Exists(frozen)).order_by("name", "id")
    if post.selection == Selection.FILTER:
        return groups_matching(post.group_filter, user=post.author)
    return post.groups.order_by("name", "id")


def reaching(groups: Iterable[Group]) -> Q:
    """A condition over ``Post``: those that go, or would go as things stand, to any of ``groups``."""
    groups = list(groups)
    chosen = Post.groups.through.objects.filter(post=OuterRef("pk"), group__in=groups)
    frozen = PostTarget.objects.filter(post=OuterRef("pk"), group__in=groups)
    condition = Q(Exists(frozen)) | Q(Exists(chosen), selection=Selection.GROUPS)
    shapes = {tuple(getattr(group, column) for column in FILTER_COLUMNS.values()) for group in groups}
    for shape in shapes:
        matches = Q(selection=Selection.FILTER) & ~Q(state__in=[PostState.SCHEDULED, PostState.FINISHED])
        for key, value in zip(FILTER_COLUMNS, shape, strict=True):
            name = f"group_filter__{key}"
            matches &= Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__contains": [value]})
        condition |= matches
    return condition
