"""The demo: real services, repeatable, refused in production, and it keeps every promise."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Group as AuthGroup
from django.core.management import CommandError, call_command
from django.db.models import Sum
from django.utils import timezone

from apps.accounts.models import Approval, Team, User
from apps.analytics.metrics.facts import DERIVED
from apps.analytics.models import DayFigure
from apps.campaigns.enums import BenefitKind, EntryState
from apps.campaigns.mechanics.registry import all_mechanics
from apps.campaigns.models import (
    Benefit,
    Campaign,
    Code,
    Contribution,
    Coupon,
    Entry,
    Flag,
    Grant,
    LandingVersion,
    Run,
)
from apps.channels.models import Channel, Delivery
from apps.content_calendar.models import Post
from apps.core.invariants import count_violations
from apps.events.models import Event
from apps.events.schemas.registry import all_schemas
from apps.groups.models import Group, Membership
from apps.h5.enums import ConversionKind
from apps.h5.models import Conversion, Touch
from apps.h5.selectors.landing_figures import reading_of
from apps.members.models import Member
from apps.orders.models import Order, Refund
from community_ops.demo.communities import robot_key
from community_ops.demo.people import PASSWORD, log_ins
from community_ops.demo.reset import empty_tables

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def roles(transactional_db):
    """Other tests with real commits empty the tables; the roles come with every migrate."""
    from community_ops.roles import sync_roles

    sync_roles()


def run(*args: str) -> str:
    out = StringIO()
    call_command("demo", *args, stdout=out)
    return out.getvalue()


def load_is_done() -> bool:
    from community_ops.demo.load import is_loaded

    return is_loaded()


def killed_half_way(monkeypatch) -> None:
    """A load that stops before its posts: the next one goes on where it stopped."""
    from community_ops.demo import load

    def killed(**_kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(load, "load_posts", killed)
        with pytest.raises(KeyboardInterrupt):
            run("--if-empty")
    assert not Post.objects.exists()
    assert not load.is_loaded()


def test_demo_goes_on_after_a_kill_is_whole_repeatable_and_keeps_its_promises(settings, monkeypatch):
    killed_half_way(monkeypatch)
    assert "architect" in run("--if-empty")
    assert load_is_done()
    robots = Channel.objects.filter(driver="wecom_robot")
    assert robots.count() == 20
    assert {channel.secret for channel in robots} == {robot_key(n) for n in range(1, 21)}
    assert Group.objects.count() == 60
    assert set(Group.objects.values_list("team", flat=True)) == set(Team.objects.values_list("pk", flat=True))
    wechat = Group.objects.filter(platform="wechat")
    assert set(wechat.values_list("channel__driver", flat=True)) == {"manual"}
    states = set(Post.objects.values_list("state", flat=True))
    assert {"draft", "submitted", "rejected", "scheduled", "finished"} <= states
    assert Approval.objects.pending().count() == 3
    now = timezone.now()
    soon = Delivery.objects.filter(due_at__gte=now, due_at__lt=now + timedelta(minutes=10))
    assert soon.count() >= 20
    assert [(item.promise, item.name) for item, count in count_violations() if count] == []
    check_campaigns()
    check_member_pages()
    check_past()
    kept = (
        User,
        Group,
        Post,
        Delivery,
        Channel,
        Campaign,
        Run,
        Entry,
        Contribution,
        Grant,
        Coupon,
        Order,
        Event,
    )
    before = {model: model.objects.count() for model in kept}
    assert run("--if-empty") == ""
    run()
    assert {model: model.objects.count() for model in before} == before
    people = log_ins()
    assert len(people) == User.objects.count()
    assert all(PASSWORD in line for line in people)
    assert run("--show-logins").splitlines() == people


def check_campaigns():
    """One campaign of each kind is going on, and there is something of everything to look at."""
    going = Run.objects.filter(state="open")
    assert set(going.values_list("mechanic", flat=True)) == set(all_mechanics())
    assert set(Entry.objects.values_list("state", flat=True)) == set(EntryState)
    assert set(Benefit.objects.values_list("kind", flat=True)) == set(BenefitKind)
    assert going.get(mechanic="contest").entries.count() == 60
    weekly = list(Run.objects.filter(campaign__repeat="weekly").order_by("number"))
    assert weekly[0].state == "settled"
    assert weekly[-1].state in {"scheduled", "open"}  # open for whoever loads on a Friday evening
    assert {timezone.localtime(run.opens_at).strftime("%a %H:%M") for run in weekly} == {"Fri 20:00"}
    (monthly,) = Run.objects.filter(campaign__repeat="monthly")
    assert timezone.localtime(monthly.opens_at).day == 18
    states = set(Grant.objects.values_list("state", flat=True))
    assert {"held", "pending", "awaiting_address", "awaiting_shipment", "shipped", "issued"} <= states
    assert Flag.objects.filter(state="open").exists()
    reviews = Contribution.objects.filter(kind="help", state="pending")
    assert reviews.exists()
    assert Entry.objects.filter(run__mechanic="swap", state="pending").count() == 2
    assert set(Coupon.objects.values_list("state", flat=True)) >= {"active", "used"}
    assert {"requested", "done"} <= set(Refund.objects.values_list("state", flat=True))
    codes = Code.objects.filter(benefit__kind="code")
    assert codes.count() == 500
    assert codes.exclude(taken_at=None).exists()
    late = max(Contribution.objects.values_list("at", flat=True))
    assert late <= timezone.now()


def check_member_pages():
    """Every campaign that goes on has a page; one is compared with a rival; visits have led to something."""
    live = LandingVersion.objects.filter(state="live")
    going = Campaign.objects.filter(runs__state="open").exclude(repeat__in=["weekly", "monthly"])
    assert set(live.filter(variant="A").values_list("campaign", flat=True)) == {each.pk for each in going}
    rival = live.get(variant="B")
    reading = reading_of(rival.campaign_id, now=timezone.now())
    assert min(reading.a.visitors, reading.b.visitors) > 0
    assert (reading.winner, reading.is_final) == ("", False)  # far too few visitors for a verdict
    for version in live:
        for block in version.blocks:
            if block["kind"] == "testimony":
                assert "演示" in block["data"]["name"] + block["data"]["text"]
    assert set(ConversionKind) == set(Conversion.objects.values_list("kind", flat=True))
    assert Conversion.objects.filter(is_new_member=True).exists()
    assert {"share", "poster"} < set(Touch.objects.values_list("channel", flat=True))
    assert not Touch.objects.filter(at__gt=timezone.now()).exists()
    kinds = {"page.viewed", "page.section_viewed", "page.dwelled", "page.tapped"}
    assert kinds <= set(Event.objects.values_list("kind", flat=True))


def check_past():
    """Three months of facts that say that they are made up, about members and runs that are there, rolled up (A1)."""
    past = Event.objects.filter(data__demo=True)
    assert past.dates("occurred_at", "day").count() > 80
    members = set(past.exclude(member_id=None).values_list("member_id", flat=True))
    assert Member.objects.filter(pk__in=members).count() == len(members) > 300
    in_runs = past.exclude(data__run=None)
    runs = {int(run) for run in in_runs.values_list("data__run", flat=True)}
    settled = set(Run.objects.filter(pk__in=runs, state="settled").values_list("pk", flat=True))
    assert len(settled) > 20
    assert Run.objects.filter(pk__in=runs).count() == len(runs)
    kinds = in_runs.filter(data__run__in=runs - settled).values_list("kind", flat=True)
    assert set(kinds) <= {
        "page.visited",
        "member.registered",
        "visit.converted",
    }  # what goes on is only looked at
    check_schemas()
    left = past.filter(kind="group.left")
    assert Membership.objects.exclude(left_at=None).count() == left.count() > 10
    assert not Event.objects.filter(occurred_at__gt=timezone.now()).exists()
    total = DayFigure.objects.filter(dim="").aggregate(Sum("count"))["count__sum"]
    derived = DayFigure.objects.filter(dim="", kind__in=DERIVED).aggregate(Sum("count"))["count__sum"]
    assert total - derived == Event.objects.count()


def check_schemas():
    columns = ("kind", "member_id", "group_id", "value", "data")
    for kind, member, group, value, data in Event.objects.values_list(*columns).iterator():
        data.pop("demo", None)
        problem = all_schemas()[kind].problem(
            has_member=member is not None, has_group=group is not None, value=value, data=data
        )
        assert problem is None, (kind, problem, data)


def test_reset_empties_what_was_there():
    before = Team.objects.create(name="旧团队").pk
    assert "accounts_team" in empty_tables()
    assert not Team.objects.exists()
    assert Team.objects.create(name="新团队").pk > before  # what is cached by number stays somebody else's
    assert AuthGroup.objects.exists()  # roles stay


def test_somebodys_own_data_is_left_alone():
    User.objects.create_user("boss", password="my-own-pass-1")
    assert run("--if-empty") == ""
    assert User.objects.count() == 1


def test_a_changed_password_is_not_shown():
    User.objects.create_user("architect", password="my-own-pass-1", is_staff=True)
    assert log_ins() == []


@pytest.mark.parametrize("args", [(), ("--reset", "--noinput"), ("--if-empty",), ("--show-logins",)])
def test_production_refuses(settings, args):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="PRODUCTION=1"):
        run(*args)
    assert not User.objects.exists()
