"""The links of a run's posts: each group gets its own, so that a visit tells where it came from."""

from collections.abc import Collection, Iterable
from datetime import datetime

from apps.campaigns.models import Run
from apps.campaigns.services.sharing import links_for_groups, short_url
from apps.channels.enums import ContentKind
from apps.content_calendar.models import Post, RunPost
from apps.content_calendar.services.rendering import variables_in
from apps.content_calendar.services.variables import RUN_LINK
from apps.groups.models import Group

#: As long as a real code, so that a preview counts as many bytes as the message will have.
_SAMPLE_CODE = "XXXXXXXXXX"


def run_of(post: Post) -> Run | None:
    """The run that ``post`` was drafted for; ``None`` for any other post, and for one that is not stored yet."""
    row = RunPost.objects.filter(post_id=post.pk).select_related("run__campaign").first() if post.pk else None
    return row.run if row is not None else None


def wants_link(post: Post) -> bool:
    """Does its text name the run's link?"""
    texts = [post.body, post.link_title] if post.kind == ContentKind.LINK else [post.body]
    return any(RUN_LINK in variables_in(text) for text in texts)


def sample_link() -> str:
    """What previews and checks show: it leads nowhere and is as long as a real one."""
    return short_url(_SAMPLE_CODE)


def links_of(post: Post, groups: Collection[Group], *, now: datetime) -> dict[int, str]:
    """Each group's own short link by its id, made if it is not there; empty for a post without a run or variable.

    Asked again (the post was recalled, moved, scheduled anew) it gives the same links: what is out stays true.
    """
    run = run_of(post) if wants_link(post) else None
    return _urls(run, groups, post, now) if run is not None else {}


def _urls(run: Run, groups: Iterable[Group], post: Post, now: datetime) -> dict[int, str]:
    links = links_for_groups(run=run, groups=groups, post_id=post.pk, now=now)
    return {pk: short_url(link.code) for pk, link in links.items()}
