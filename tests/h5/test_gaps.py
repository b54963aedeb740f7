"""A process that dies between a deed and its record costs no conversion."""

import signal
import subprocess
import sys
from datetime import datetime, timedelta

import pytest

from apps.campaigns.enums import PartState
from apps.campaigns.models import Contribution, Entry, Run
from apps.campaigns.services.sharing import link_for
from apps.core.clock import database_now
from apps.h5.enums import ConversionKind
from apps.h5.models import Conversion
from apps.h5.services.attribution import record_conversion
from apps.h5.services.gaps import GRACE, LOOK_BACK, fill_gaps
from apps.h5.services.visits import adopt_visitor, touch
from apps.members.models import Member
from tests.campaigns.factories import make_member, make_run
from tests.campaigns.play import play, start
from tests.channels.conftest import child_environment
from tests.chat_simulator_fixture import ROOT

LATER = GRACE + timedelta(seconds=1)


@pytest.fixture
def run(db) -> Run:
    return make_run("assist", {"stages": [3], "is_new_only": False})


def came(run: Run, token: str, at: datetime, inviter: Member | None = None) -> Member:
    """Somebody who came (by a friend's link), logged in and is about to do something."""
    member = make_member()
    link = link_for(run=run, inviter_id=inviter.pk, channel="share", now=at) if inviter else None
    touch(token=token, run_id=run.pk, link=link, now=at)
    adopt_visitor(token=token, member_id=member.pk, now=at)
    return member


def deeds() -> list[tuple[str, int]]:
    rows = Conversion.objects.exclude(kind=ConversionKind.LOGIN)
    return list(rows.order_by("id").values_list("kind", "ref"))


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_killed_between_the_deed_and_its_record_the_tick_writes_it() -> None:
    run = make_run("assist", {"stages": [3], "is_new_only": False})
    now = database_now() - timedelta(minutes=1)
    inviter = make_member()
    owner, helper = came(run, "owner", now, inviter), came(run, "helper", now)

    def killed(what: str, member: Member, token: str) -> None:
        command = [sys.executable, "-m", "tests.h5.player", what, str(member.pk), token, "k" * 20]
        environment = child_environment("http://127.0.0.1:9", FAILPOINT="h5.played")
        done = subprocess.run(command, cwd=ROOT, env=environment, timeout=100, check=False)
        assert done.returncode == -signal.SIGKILL

    killed(str(run.pk), owner, "owner")
    entry = Entry.objects.get()
    killed(entry.code, helper, "helper")
    part = Contribution.objects.get(member=helper)
    assert deeds() == []
    assert fill_gaps(now=database_now()) == 0  # the request may be about to write it
    assert fill_gaps(now=database_now() + LATER) == 2
    assert fill_gaps(now=database_now() + LATER) == 0
    assert deeds() == [("entry", entry.pk), ("part", part.pk)]
    row = Conversion.objects.get(kind=ConversionKind.ENTRY)
    assert row.at == entry.opened_at
    assert row.first_touch is not None
    assert row.first_touch.inviter == inviter


def test_touches_count_as_they_were_at_the_time_of_the_deed(run: Run) -> None:
    now = database_now()
    owner = came(run, "t", now - timedelta(hours=1))
    start(run, owner)
    later = link_for(run=run, inviter_id=make_member().pk, channel="share", now=now)
    touch(token="t", run_id=run.pk, link=later, now=now + timedelta(minutes=31))
    assert fill_gaps(now=now + timedelta(hours=1)) == 1
    row = Conversion.objects.get(kind=ConversionKind.ENTRY)
    assert row.last_touch is not None
    assert row.last_touch.link is None


def test_what_is_recorded_stays_and_a_second_part_of_the_same_member_adds_none(run: Run) -> None:
    now = database_now()
    helper = came(run, "h", now - timedelta(hours=1))
    entry = start(run, make_member())
    play(entry, "help", helper)
    first = Contribution.objects.get(member=helper)
    record_conversion(
        kind=ConversionKind.PART,
        ref=first.pk,
        run_id=run.pk,
        member_id=helper.pk,
        visitor_token="h",
        now=now,
    )
    before = Conversion.objects.values().get(kind=ConversionKind.PART)
    Contribution.objects.filter(pk=first.pk).update(state=PartState.VOID, ended_at=now)
    play(entry, "help", helper)
    assert fill_gaps(now=now + LATER + LATER) == 0
    assert Conversion.objects.values().get(kind=ConversionKind.PART) == before


def test_who_never_came_by_a_page_has_no_gap(run: Run) -> None:
    """Played in the mini-program; or came to another run, or only afterwards."""
    now = database_now()
    start(run, make_member())
    start(run, came(make_run("assist"), "other", now - timedelta(hours=1)))
    owner = make_member()
    start(run, owner)
    touch(token="late", run_id=run.pk, now=now + timedelta(minutes=1))
    adopt_visitor(token="late", member_id=owner.pk, now=now + timedelta(minutes=1))
    assert fill_gaps(now=now + LATER) == 0


@pytest.mark.django_db
def test_the_owners_own_seat_and_old_deeds_are_left_alone() -> None:
    run, now = make_run("group_buy", {"size": 2, "price": "20.00"}, stock=5), database_now()
    owner = came(run, "t", now - timedelta(hours=1))
    start(run, owner)
    assert Contribution.objects.filter(member=owner).exists()
    assert fill_gaps(now=now + LOOK_BACK + LATER) == 0
    assert fill_gaps(now=now + LATER) == 1
    assert [kind for kind, _ref in deeds()] == ["entry"]
