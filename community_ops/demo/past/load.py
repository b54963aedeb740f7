"""Writing the past."""

from collections import defaultdict
from datetime import datetime, timedelta
from random import Random

from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.analytics.services.growing import grow
from apps.analytics.services.rolling import rebuild
from apps.analytics.services.scoring import score_buyers
from apps.channels.services.facts import record_sent
from apps.content_calendar.models import Post
from apps.groups.enums import GroupStage
from apps.groups.models import Group, Membership
from apps.groups.services.memberships import refresh_member_counts, refresh_member_teams
from community_ops.demo.past import campaigns
from community_ops.demo.past.days import DAYS, live_through
from community_ops.demo.past.log import Log, Person
from community_ops.demo.past.runs import benefit_of, load_past_runs, load_present_runs

#: Every so-manieth of those who may, leaves.
_LEAVERS = 11
#: Whoever takes part in what goes on now stays.
_NOT_BUSY = """
SELECT m.id FROM groups_membership m WHERE m.left_at IS NULL AND m.joined_at < %s
  AND NOT EXISTS (SELECT 1 FROM campaigns_entry e WHERE e.owner_id = m.member_id)
  AND NOT EXISTS (SELECT 1 FROM campaigns_contribution c WHERE c.member_id = m.member_id)
  AND NOT EXISTS (SELECT 1 FROM campaigns_grant g WHERE g.member_id = m.member_id)
ORDER BY m.id
"""


def load_past(*, service: User, now: datetime) -> int:
    """Make up ``DAYS`` days and roll everything up; returns how many facts. Seeded: the same for the same demo."""
    count = _make_up(service=service, now=now)
    # Apart from their transaction: facts that were not committed yet would be counted by the next tick once more.
    rebuild(now=now)
    score_buyers(now=now)
    grow()
    return count


@transaction.atomic
def _make_up(*, service: User, now: datetime) -> int:
    dice = Random(20260722)  # noqa: S311 - sample data, not secrets
    people = _people()
    record_sent()
    runs = load_past_runs(now=now)
    log = Log(now=timezone.localtime(now))
    quiet, copies = _special_groups()
    live_through(
        log, people, runs, _posts(now), present=load_present_runs(now=now), coupon=benefit_of("coupon"),
        quiet=quiet, copies=copies, till=service.pk, dice=dice,
    )  # fmt: skip
    campaigns.play(log, people, runs, dice)
    campaigns.spend(
        log, team_id=people[0].team_id if people else None, weeks=DAYS // 7, dice=dice
    )  # fmt: skip
    _leave(log, people, now=now, dice=dice)
    return log.write()


def _people() -> list[Person]:
    stays = (
        Membership.objects.current()
        .order_by("joined_at", "pk")
        .values_list("member_id", "group_id", "group__team_id", "joined_at", "member__inviter_id", "pk")
    )
    return [Person(place, *row) for place, row in enumerate(stays)]


def _special_groups() -> tuple[frozenset[int], frozenset[int]]:
    """Two that have gone quiet, and one set up after the model of the largest."""
    by_size = Group.objects.order_by("-member_count", "pk")
    quiet = by_size.filter(stage=GroupStage.QUIET).values_list("pk", flat=True)[:2]
    model, *_others, copy = by_size.exclude(stage=GroupStage.QUIET)[:3]
    Group.objects.filter(pk=copy.pk).update(model=model)
    copies = [copy.pk]
    return frozenset(quiet), frozenset(copies)


def _posts(now: datetime) -> dict[int, list[int]]:
    """Days back → posts that went out."""
    found: dict[int, list[int]] = defaultdict(list)
    today = timezone.localtime(now).date()
    past = Post.objects.filter(scheduled_at__lt=now - timedelta(days=1)).values_list("pk", "scheduled_at")
    for pk, at in past.order_by("pk"):
        found[(today - timezone.localtime(at).date()).days].append(pk)
    return found


def _leave(log: Log, people: list[Person], *, now: datetime, dice: Random) -> None:
    """Some have left their group, as :func:`apps.groups.services.joining.leave` would have written it."""
    with connection.cursor() as cursor:
        cursor.execute(_NOT_BUSY, [now - timedelta(days=12)])
        chosen = {pk for (pk,) in cursor.fetchall()[::_LEAVERS]}
    leavers = [person for person in people if person.membership_id in chosen]
    left = []
    for person in leavers:
        since = max(person.joined_at, now - timedelta(days=DAYS))
        at = min(since + timedelta(days=dice.expovariate(1 / 9) + 0.1), now - timedelta(days=3))
        left.append(Membership(pk=person.membership_id, left_at=max(at, person.joined_at)))
        log.add("group.left", left[-1].left_at or at, person=person, key=f"group.left:{person.membership_id}")
    Membership.objects.bulk_update(left, ["left_at"])
    refresh_member_counts({person.group_id for person in leavers})
    refresh_member_teams([person.id for person in leavers])
