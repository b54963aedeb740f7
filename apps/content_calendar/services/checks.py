"""Finding what is wrong with a post."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain

from django.utils.translation import gettext as _

from apps.channels.enums import ContentKind
from apps.channels.services.sending import content_problems
from apps.content_calendar.models import Post
from apps.content_calendar.selectors.audience import groups_of
from apps.content_calendar.services.audience_checks import (
    about_earlier_sends,
    about_groups,
    about_pace,
    about_repeats,
    about_time,
)
from apps.content_calendar.services.links import run_of, wants_link
from apps.content_calendar.services.messages import Message, group_due_at, messages_for, variables_of
from apps.content_calendar.services.problems import Problem, Problems, error, names_of, warning
from apps.content_calendar.services.rendering import check_syntax
from apps.content_calendar.services.variables import VARIABLES
from apps.content_calendar.services.wording import absolute_words_in, coercion_phrases_in, phone_numbers_in
from apps.core.errors import Invalid
from apps.core.sentences import listed
from apps.groups.models import Group


def problems_of(post: Post, *, now: datetime, groups: Sequence[Group] | None = None) -> Problems:
    """Everything wrong with ``post``: errors block submitting, warnings want a tick.

    ``groups`` are those that it would go to, for a post that is not stored yet; left out, the stored ones.

    The cost grows with the number of groups: each group's text is rendered, each different one is checked
    once per driver.
    """
    groups = list(groups_of(post).select_related("channel") if groups is None else groups)
    found = list(
        chain(
            about_content(post),
            about_link(post),
            about_groups(post, groups),
            about_time(post, groups, now=now),
        )
    )
    if not any(p.code in {"unknown_variable", "broken_variable", "bad_timezone"} for p in found):
        found += chain(about_messages(post, groups, now=now), about_pace(post, groups, now=now))
    found += chain(about_repeats(post, groups), about_earlier_sends(post))
    return Problems.of(found, group_count=len(groups), checked_at=now)


def about_content(post: Post) -> Iterator[Problem]:
    if post.kind == ContentKind.IMAGE:
        if post.image is None:
            yield error("no_image", _("还没有选图片。"), hint=_("从素材里选一张，或上传。"), field="image")
    elif post.kind == ContentKind.LINK:
        if not post.link_title.strip():
            yield error("no_link_title", _("链接卡片没有标题。"), field="link_title")
        if not post.link_url.strip():
            yield error("no_link_url", _("链接卡片没有地址。"), field="link_url")
        elif "{{" in post.link_url:
            yield error(
                "variable_in_url",
                _("链接地址里不能用变量。"),
                hint=_("每个群要不同的链接时，分成几条帖子。"),
                field="link_url",
            )
    elif not post.body.strip():
        yield error("empty_body", _("正文还是空的。"), hint=_("写上要发到群里的话。"), field="body")
    texts = {"body": post.body}
    if post.kind == ContentKind.LINK:
        texts["link_title"] = post.link_title
    for name, text in texts.items():
        try:
            check_syntax(text)
        except Invalid as refusal:
            yield error(refusal.code, str(refusal.message), hint=str(refusal.hint), field=name)


def about_link(post: Post) -> Iterator[Problem]:
    if wants_link(post) and run_of(post) is None:
        yield error(
            "no_run",
            _("这条帖子没有关联活动，用不了“活动链接”。"),
            hint=_("去掉 {{ run.link }}，或改用活动自动起草的帖子。"),
            field="body",
        )


def rendered(post: Post, groups: list[Group], *, now: datetime) -> list[tuple[Group, Message]]:
    """Every message of every group. A post without a time is shown as if it were due ``now``."""
    return [
        (group, message)
        for group in groups
        for message in messages_for(post, group, due=group_due_at(post, group) if post.scheduled_at else now)
    ]


def about_messages(post: Post, groups: list[Group], *, now: datetime) -> Iterator[Problem]:
    messages = rendered(post, groups, now=now)
    refused: dict[tuple[str, str], list[Group]] = defaultdict(list)
    known: dict[tuple[str, str], list[str]] = {}
    for group, message in messages:
        if group.channel is None:
            continue
        shape = (group.channel.driver, json.dumps(message.content, sort_keys=True, ensure_ascii=False))
        if shape not in known:
            known[shape] = content_problems(channel=group.channel, kind=message.kind, content=message.content)
        for text in known[shape]:
            refused[group.channel.get_driver_display(), str(text)].append(group)
    for (driver, text), where in refused.items():
        yield error(
            "refused_by_channel",
            _("%(subject)s：%(sentence)s") % {"subject": driver, "sentence": text},
            hint=_("涉及 %(names)s。") % {"names": names_of(where)},
            field="body",
        )
    yield from about_wording([_words(message) for _group, message in messages] or [post.body])
    blank = {
        name: [g for g in groups if _is_blank(post, g, name, now=now)] for name in sorted(variables_of(post))
    }
    for name, where in blank.items():
        if where:
            yield warning(
                "blank_variable",
                _("“%(label)s”在这些群没有填，那里会是空的：%(names)s。")
                % {"label": VARIABLES[name].label, "names": names_of(where)},
                field="body",
            )


def _words(message: Message) -> str:
    return "\n".join(str(message.content.get(key, "")) for key in ("title", "text", "url"))


def _is_blank(post: Post, group: Group, name: str, *, now: datetime) -> bool:
    read = VARIABLES[name].read
    due = group_due_at(post, group) if post.scheduled_at else now
    return read is not None and not read(group, due).strip()


def about_wording(texts: list[str]) -> Iterator[Problem]:
    different = list(dict.fromkeys(texts))
    phones = list(dict.fromkeys(chain.from_iterable(map(phone_numbers_in, different))))
    if phones:
        yield error(
            "phone_number",
            _("文案里有手机号：%(found)s。") % {"found": listed(phones[:3])},
            hint=_("群里不能出现手机号，请改成客服名片或链接。"),
            field="body",
        )
    absolute = list(dict.fromkeys(chain.from_iterable(map(absolute_words_in, different))))
    if absolute:
        yield warning(
            "absolute_words",
            _("可能违反广告法的用词：%(found)s。") % {"found": listed(absolute[:6])},
            hint=_("换成具体、可证实的说法。"),
            field="body",
        )
    coercion = list(dict.fromkeys(chain.from_iterable(map(coercion_phrases_in, different))))
    if coercion:
        yield warning(
            "share_coercion",
            _("像是诱导分享的话：%(found)s。") % {"found": listed(coercion[:6])},
            hint=_("微信会封禁诱导分享的链接：奖励好友的行动，不要奖励转发。"),
            field="body",
        )
