"""The whole demo, in the order in which a new customer would set the product up."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from apps.accounts.models import AuditEntry, Team, User
from apps.accounts.services.audit import audit
from apps.analytics.models import Goal
from apps.campaigns.models import Campaign
from apps.content_calendar.models import Post
from apps.content_calendar.services.run_posts import draft_run_posts
from apps.events.models import Event
from apps.imports.models import ImportJob
from community_ops.demo.campaigns.load import load_campaigns
from community_ops.demo.communities import load_channels, load_groups
from community_ops.demo.history import load_history
from community_ops.demo.insight import load_insight
from community_ops.demo.members import load_members
from community_ops.demo.past.load import load_past
from community_ops.demo.people import load_people
from community_ops.demo.posts import Writer, load_posts

type Say = Callable[[str], object]
_STARTED, _DONE = "demo.start", "demo.done"


def is_loaded() -> bool:
    """Whether there is nothing to do: the demo is complete, or somebody's own data is here.

    A load that was killed half way is neither: the next one goes on where it stopped.
    """
    if AuditEntry.objects.filter(action=_DONE).exists():
        return True
    return User.objects.exists() and not AuditEntry.objects.filter(action=_STARTED).exists()


def load_demo(*, now: datetime, say: Say) -> None:
    """Load what is missing; running it twice changes nothing.

    Not one transaction: most steps go through services that have their own, and each may be repeated.
    """
    if AuditEntry.objects.filter(action=_DONE).exists():
        say("演示数据已经在了")
        return
    audit(actor=None, action=_STARTED)
    users = load_people()
    say(f"团队和用户 {len(users)} 人")
    load_channels(owner=users["operator"])
    operators = [users["operator"], users["south"]]
    say(f"社群 {load_groups(actor=users['architect'], operators=operators, now=now)} 个")
    if not ImportJob.objects.exists():
        job = load_members(actor=users["operator"], now=now)
        say(f"成员名单 {job.read_count} 行,新增 {job.created_count} 人")
    if not Campaign.objects.exists():
        count = load_campaigns(
            operator=users["operator"],
            service=users["service"],
            team=Team.objects.order_by("pk")[0],
            now=now,
        )
        say(f"活动 {Campaign.objects.count()} 个,共 {count} 期")
    if not Post.objects.exists():
        with transaction.atomic():
            writer = Writer(author=users["editor"], approver=users["architect"])
            say(f"过去两周的帖子 {load_history(writer=writer, now=now)} 条")
            say(f"接下来的帖子 {load_posts(writer=writer, now=now)} 条")
            say(f"活动的帖子草稿 {draft_run_posts(now=now)} 条")
    if not Event.objects.filter(data__demo=True).exists():
        say(f"过去三个月的事实 {load_past(service=users['service'], now=now)} 条（演示）")
    if not Goal.objects.exists():
        team = Team.objects.order_by("pk")[0]
        say(f"目标、预警和复盘 {load_insight(team=team, operator=users['operator'], now=now)} 条")
    audit(actor=None, action=_DONE)
