"""The whole demo, in the order in which a new customer would set the product up."""

from collections.abc import Callable
from datetime import datetime

from apps.accounts.models import User
from apps.groups.models import Group
from community_ops.demo.communities import load_channels, load_groups
from community_ops.demo.history import load_history
from community_ops.demo.people import load_people
from community_ops.demo.posts import Writer, load_posts

type Say = Callable[[str], object]


def is_loaded() -> bool:
    """Whether somebody, the demo or a person, has put anything in already."""
    return User.objects.exists() or Group.objects.exists()


def load_demo(*, now: datetime, say: Say) -> None:
    """Load what is missing; running it twice changes nothing.

    Not one transaction: each step goes through services that have their own.
    """
    users = load_people()
    say(f"团队和用户 {len(users)} 人")
    load_channels(owner=users["operator"])
    if Group.objects.exists():
        say("社群已有,不再载入")
        return
    count = load_groups(actor=users["architect"], operators=[users["operator"], users["south"]], now=now)
    say(f"社群 {count} 个")
    writer = Writer(author=users["editor"], approver=users["architect"])
    say(f"过去两周的帖子 {load_history(writer=writer, now=now)} 条")
    say(f"接下来的帖子 {load_posts(writer=writer, now=now)} 条")
