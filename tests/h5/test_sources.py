"""What each source brought, by first and by last touch: every visit, person and yuan once (A1, A3)."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.accounts.enums import Role
from apps.campaigns.models import Contribution, Run
from apps.campaigns.services.sharing import link_for
from apps.content_calendar.models import Post
from apps.groups.models import Group
from apps.h5.enums import ConversionKind
from apps.h5.selectors.sources import Source, labels_of, sources_of
from apps.h5.services.attribution import record_conversion
from apps.h5.services.visits import adopt_visitor, touch
from apps.members.models import Member
from apps.orders.enums import OrderState
from apps.orders.models import Order
from tests.campaigns.factories import make_member, make_run
from tests.campaigns.play import play, start

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("facts_fit")]
NOW = timezone.now()


@pytest.fixture
def run() -> Run:
    return make_run("group_buy", {"size": 3, "price": "20.00"}, stock=10)


@pytest.fixture
def groups(team) -> list[Group]:
    return [Group.objects.create(name=name, kind="benefit", team=team) for name in ("甲群", "乙群")]


def come(run: Run, token: str, group: Group | None = None, *, days_ago: int = 0, **link) -> None:
    made = link_for(run=run, channel="wecom", group=group, now=NOW, **link) if group or link else None
    touch(
        token=token, run_id=run.pk, link=made, variant="B", version_id=1, now=NOW - timedelta(days=days_ago)
    )


def log_in(token: str, member: Member) -> None:
    adopt_visitor(token=token, member_id=member.pk, now=NOW)


def did(kind: ConversionKind, ref: int, run: Run, member: Member, token: str) -> None:
    record_conversion(kind=kind, ref=ref, run_id=run.pk, member_id=member.pk, visitor_token=token, now=NOW)


def pay(part: Contribution, refund: str = "0.00") -> None:
    assert part.order is not None
    Order.objects.filter(pk=part.order_id).update(
        state=OrderState.PAID, paid_at=NOW, paid_amount=Decimal("20.00"), refund_amount=Decimal(refund)
    )


def rows(run: Run, by, which) -> dict[int | str | None, Source]:
    return {row.key: row for row in sources_of(run_id=run.pk, by=by, which=which)}


def test_a_whole_chain_is_counted_once_in_each_place(run: Run, groups: list[Group]) -> None:
    """Leader: first by 甲群, last by 乙群; friend by 乙群 only; a stranger who only looks."""
    first, last = groups
    leader, friend = make_member(), make_member()
    come(run, "leader", first, days_ago=2)
    come(run, "leader", last)
    come(run, "friend", last)
    come(run, "stranger")
    log_in("leader", leader)
    log_in("friend", friend)
    entry = start(run, leader)
    did(ConversionKind.ENTRY, entry.pk, run, leader, "leader")
    play(entry, "join", friend)
    seats = {part.member_id: part for part in Contribution.objects.filter(entry=entry)}
    did(ConversionKind.PART, seats[friend.pk].pk, run, friend, "friend")
    pay(seats[leader.pk], refund="5.00")
    pay(seats[friend.pk])

    by_first, by_last = rows(run, "group", "first"), rows(run, "group", "last")
    assert by_first[first.pk] == Source(
        first.pk, visits=1, visitors=1, logins=1, new_members=1, entries=1, orders=1, paid=Decimal("15.00")
    )
    assert by_first[last.pk] == Source(
        last.pk,
        visits=2,
        visitors=2,
        logins=1,
        parts=1,
        orders=1,
        paid=Decimal("20.00"),
        new_members=1,
    )
    assert by_first[None] == Source(None, visits=1, visitors=1)
    assert by_last[last.pk].paid == Decimal("35.00")
    assert (by_last[last.pk].orders, by_last[last.pk].entries, by_last[last.pk].parts) == (2, 1, 1)
    assert (by_last[first.pk].orders, by_last[first.pk].visits) == (0, 1)
    for by in ("group", "post", "channel", "inviter", "variant"):
        for which in ("first", "last"):
            found = sources_of(run_id=run.pk, by=by, which=which)  # type: ignore[arg-type]
            assert sum(row.paid for row in found) == Decimal("35.00")
            assert sum(row.visits for row in found) == 4


def test_an_order_of_somebody_who_never_came_by_a_page_has_no_source(run: Run) -> None:
    leader = make_member()
    entry = start(run, leader)
    pay(Contribution.objects.get(entry=entry))
    assert rows(run, "channel", "last") == {None: Source(None, orders=1, paid=Decimal("20.00"))}


def test_each_dimension_speaks_in_its_own_keys(run: Run, groups: list[Group], make_user, team) -> None:
    inviter, user = make_member("小李"), make_user("analyst", Role.GROUP_OPERATOR, team)
    post = Post.objects.create(title="早安", body="x", author=user, team=team)
    come(run, "a", groups[0], post_id=post.pk)
    come(run, "b", inviter_id=inviter.pk)
    assert set(rows(run, "post", "last")) == {post.pk, None}
    assert set(rows(run, "inviter", "last")) == {inviter.pk, None}
    assert set(rows(run, "channel", "last")) == {"wecom"}
    assert set(rows(run, "variant", "last")) == {"B"}
    assert labels_of("group", [groups[0].pk, None, 10**9], user=user) == {
        groups[0].pk: "甲群",
        None: "没有来源",
        10**9: f"#{10**9}",
    }
    assert labels_of("post", [post.pk], user=user)[post.pk] == "早安"
    assert (
        labels_of("inviter", [inviter.pk], user=user)[inviter.pk] == f"#{inviter.pk}"
    )  # of no team of theirs
    assert labels_of("channel", ["wecom", "摊位"], user=user) == {
        None: "没有来源",
        "wecom": "企业微信",
        "摊位": "摊位",
    }


def test_three_queries_however_many_sources(run: Run, groups: list[Group], django_assert_num_queries) -> None:
    for number in range(5):
        come(run, f"visitor-{number}", groups[number % 2])
    with django_assert_num_queries(3):
        assert len(sources_of(run_id=run.pk, by="group", which="first")) == 2
