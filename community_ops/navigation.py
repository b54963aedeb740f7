"""The sidebar by job, and the command palette's entries. Each entry shows only to those who may open it."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from unfold.dataclasses import SearchResult

from community_ops.badges import badges


@dataclass(frozen=True)
class Entry:
    """One line of the sidebar. Left out if the URL ``name`` does not exist or ``permission`` is missing."""

    label: str
    icon: str
    name: str
    permission: str = ""
    query: str = ""
    badge: str = ""
    badge_variant: str = "warning"
    words: str = ""  # what else people type into the palette

    def link(self) -> str:
        """The address, or "" where that room has no such page."""
        try:
            return reverse(self.name) + self.query
        except NoReverseMatch:
            return ""


def environment(request: HttpRequest) -> list[str] | None:
    """A badge beside the brand while the development servers are in use."""
    return [_("演示环境"), "warning"] if settings.DATABASE_IS_EMBEDDED else None


def plan() -> list[tuple[str, list[Entry]]]:
    """Every section with every entry, whoever is looking. 活动 comes when there is something to open."""
    return [
        (
            _("今日"),
            [
                Entry(_("工作台"), "home", "admin:index", words="home 首页 dashboard"),
                Entry(
                    _("待我审批"),
                    "approval",
                    "admin:content_calendar_post_approvals",
                    "content_calendar.approve_post",
                    badge="approvals",
                    words="approval 审核",
                ),
                Entry(
                    _("人工发送"),
                    "front_hand",
                    "admin:channels_delivery_inbox",
                    "channels.operate_delivery",
                    badge="manual",
                    words="inbox 收件箱",
                ),
                Entry(
                    _("结果未知"),
                    "help",
                    "admin:channels_delivery_changelist",
                    "channels.operate_delivery",
                    "?state__exact=unknown",
                    badge="unknown",
                    badge_variant="danger",
                    words="unknown",
                ),
                Entry(
                    _("通知"),
                    "notifications",
                    "admin:accounts_notice_changelist",
                    "accounts.view_notice",
                    "?read=no",
                    badge="notices",
                    badge_variant="info",
                    words="notice 消息",
                ),
            ],
        ),
        (
            _("成员"),
            [
                Entry(
                    _("成员"),
                    "person",
                    "admin:members_member_changelist",
                    "members.view_member",
                    words="member 客户",
                ),
                Entry(
                    _("导入成员"),
                    "upload_file",
                    "admin:imports_importjob_wizard",
                    "imports.add_importjob",
                    "?target=members",
                    words="import csv excel",
                ),
                Entry(
                    _("导入任务"),
                    "history",
                    "admin:imports_importjob_changelist",
                    "imports.view_importjob",
                    words="import job",
                ),
                Entry(_("标签"), "sell", "admin:members_tag_changelist", "members.view_tag", words="tag"),
                Entry(_("等级"), "stars", "admin:members_tier_changelist", "members.view_tier", words="tier"),
            ],
        ),
        (
            _("社群"),
            [
                Entry(
                    _("社群"),
                    "forum",
                    "admin:groups_group_changelist",
                    "groups.view_group",
                    words="group 群",
                ),
                Entry(
                    _("看板"),
                    "view_kanban",
                    "admin:groups_group_board",
                    "groups.view_group",
                    words="board 阶段",
                ),
                Entry(
                    _("群成员"),
                    "groups",
                    "admin:groups_membership_changelist",
                    "groups.view_membership",
                    words="membership",
                ),
                Entry(
                    _("通道"),
                    "smart_toy",
                    "admin:channels_channel_changelist",
                    "channels.view_channel",
                    words="channel 机器人 robot webhook",
                ),
            ],
        ),
        (
            _("内容日历"),
            [
                Entry(
                    _("日历"),
                    "calendar_month",
                    "admin:content_calendar_post_calendar",
                    "content_calendar.view_post",
                    words="calendar 排期",
                ),
                Entry(
                    _("帖子"),
                    "article",
                    "admin:content_calendar_post_changelist",
                    "content_calendar.view_post",
                    words="post",
                ),
                Entry(
                    _("素材"),
                    "image",
                    "admin:content_calendar_material_changelist",
                    "content_calendar.view_material",
                    words="material 图片",
                ),
            ],
        ),
        (
            _("分析"),
            [
                Entry(
                    _("发送健康"),
                    "monitor_heart",
                    "admin:channels_health",
                    "channels.view_delivery",
                    words="health",
                ),
                Entry(
                    _("投递"),
                    "outbox",
                    "admin:channels_delivery_changelist",
                    "channels.view_delivery",
                    words="delivery 发送记录",
                ),
                Entry(
                    _("事件"), "timeline", "admin:events_event_changelist", "events.view_event", words="event"
                ),
            ],
        ),
        (
            _("设置"),
            [
                Entry(
                    _("用户"),
                    "manage_accounts",
                    "admin:accounts_user_changelist",
                    "accounts.view_user",
                    words="user 账号",
                ),
                Entry(
                    _("团队"),
                    "diversity_3",
                    "admin:accounts_team_changelist",
                    "accounts.view_team",
                    words="team",
                ),
                Entry(
                    _("角色"), "badge", "admin:auth_group_changelist", "auth.view_group", words="role 权限"
                ),
                Entry(
                    _("审批记录"),
                    "task_alt",
                    "admin:accounts_approval_changelist",
                    "accounts.view_approval",
                    words="approval",
                ),
                Entry(
                    _("审计"),
                    "policy",
                    "admin:accounts_auditentry_changelist",
                    "accounts.view_auditentry",
                    words="audit",
                ),
            ],
        ),
        (
            _("系统"),
            [
                Entry(
                    _("定时任务"),
                    "schedule",
                    "admin:django_celery_beat_periodictask_changelist",
                    "django_celery_beat.view_periodictask",
                    words="beat celery",
                ),
                Entry(
                    _("登录失败"),
                    "lock",
                    "admin:axes_accessattempt_changelist",
                    "axes.view_accessattempt",
                    words="login lock 锁定",
                ),
            ],
        ),
    ]


def allowed(request: HttpRequest) -> list[tuple[str, list[tuple[Entry, str]]]]:
    """``plan`` narrowed to what this user may open and what exists; empty sections are left out."""
    sections = []
    for title, entries in plan():
        shown = [
            (entry, link)
            for entry in entries
            if (not entry.permission or request.user.has_perm(entry.permission)) and (link := entry.link())
        ]
        if shown:
            sections.append((title, shown))
    return sections


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Return Unfold's navigation: a section per job; a section with nothing to open is left out."""
    counts = badges(request.user)
    sections = allowed(request)
    here = _current(request, [pair for _title, entries in sections for pair in entries])
    return [
        {
            "title": title,
            "separator": index > 0,
            "collapsible": False,
            "items": [_item(entry, link, counts, is_active=link == here) for entry, link in entries],
        }
        for index, (title, entries) in enumerate(sections)
    ]


def palette(request: HttpRequest, term: str) -> list[SearchResult]:
    """Entries of the sidebar whose name or other words contain ``term`` (Ctrl-K)."""
    term = term.strip().casefold()
    return [
        SearchResult(title=entry.label, description=title, link=link, icon=entry.icon)
        for title, entries in allowed(request)
        for entry, link in entries
        if term and term in f"{entry.label} {entry.words}".casefold()
    ]


def _item(entry: Entry, link: str, counts: dict[str, int], *, is_active: bool) -> dict[str, Any]:
    item: dict[str, Any] = {"title": entry.label, "icon": entry.icon, "link": link, "active": is_active}
    if counts.get(entry.badge):
        item |= {"badge": counts[entry.badge], "badge_variant": entry.badge_variant, "badge_style": "solid"}
    return item


def _current(request: HttpRequest, pairs: list[tuple[Entry, str]]) -> str:
    """The one entry that the page belongs to: the longest address it starts with, a matching query first."""
    best, best_score = "", 0
    for entry, link in pairs:
        path, _sep, query = link.partition("?")
        if entry.name == "admin:index":
            score = len(path) if request.path == path else 0
        elif not request.path.startswith(path):
            score = 0
        elif query:
            given = request.META.get("QUERY_STRING", "")
            score = len(path) + 1 if request.path == path and query in given else 0
        else:
            score = len(path)
        if score > best_score:
            best, best_score = link, score
    return best
