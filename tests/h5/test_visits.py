"""Visits and what they led to: first and last touch, once per thing."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from apps.campaigns.models import Run, ShareLink
from apps.campaigns.services.sharing import link_for
from apps.h5.enums import ConversionKind
from apps.h5.models import Conversion, Touch, Visitor
from apps.h5.selectors.attribution import touches_of
from apps.h5.selectors.tokens import hash_of
from apps.h5.services.attribution import record_conversion
from apps.h5.services.visits import adopt_visitor, host_of, touch
from apps.members.models import Member
from tests.campaigns.factories import make_member, make_run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("facts_fit")]
NOW = timezone.now()


@pytest.fixture
def run() -> Run:
    return make_run("assist", {"stages": [2]})


def link_of(run: Run, inviter: Member, channel: str = "share") -> ShareLink:
    return link_for(run=run, inviter_id=inviter.pk, channel=channel, now=NOW)


def join(run: Run, member: Member, token: str, now: datetime, ref: int = 7) -> Conversion:
    record_conversion(
        kind=ConversionKind.PART, ref=ref, run_id=run.pk, member_id=member.pk, visitor_token=token, now=now
    )
    return Conversion.objects.get(run=run, kind=ConversionKind.PART, ref=ref)


def test_a_link_is_the_same_for_the_same_sharer_and_place(run: Run) -> None:
    inviter = make_member()
    first = link_of(run, inviter)
    assert link_of(run, inviter) == first
    assert link_of(run, inviter, "poster") != first
    assert link_of(run, make_member()) != first
    assert len(first.code) == 10


def test_a_link_names_no_entry_of_another_run(run: Run) -> None:
    from tests.campaigns.play import start

    entry = start(run, make_member())
    with pytest.raises(ValueError, match="another run"):
        link_for(run=make_run("assist", {"stages": [2]}), entry=entry, channel="share", now=NOW)


def test_a_reload_and_the_page_behind_the_short_link_are_one_touch(run: Run) -> None:
    link = link_of(run, make_member())
    touch(token="t", run_id=run.pk, link=link, utm={"utm_source": "wecom"}, now=NOW)
    touch(token="t", run_id=run.pk, utm={"utm_source": "wecom"}, version_id=5, variant="B", now=NOW)
    touch(token="t", run_id=run.pk, link=link, now=NOW + timedelta(minutes=29))
    row = Touch.objects.get()
    assert (row.link, row.inviter, row.version_id, row.variant) == (link, link.inviter, 5, "B")


def test_another_source_is_another_touch(run: Run) -> None:
    touch(token="t", run_id=run.pk, link=link_of(run, make_member()), now=NOW)
    touch(token="t", run_id=run.pk, link=link_of(run, make_member()), now=NOW)
    touch(token="t", run_id=run.pk, utm={"utm_source": "sms"}, now=NOW)
    touch(token="t", run_id=run.pk, now=NOW + timedelta(minutes=31))
    assert Touch.objects.count() == 4
    assert Visitor.objects.count() == 1


def test_first_and_last_touch_and_a_direct_visit_takes_nothing_away(run: Run) -> None:
    ann, bob, joiner = make_member(), make_member(), make_member()
    touch(token="t", run_id=run.pk, link=link_of(run, ann), now=NOW - timedelta(days=3))
    touch(token="t", run_id=run.pk, link=link_of(run, bob), now=NOW - timedelta(days=2))
    touch(token="t", run_id=run.pk, now=NOW - timedelta(days=1))
    row = join(run, joiner, "t", NOW)
    assert row.first_touch
    assert row.last_touch
    assert (row.first_touch.inviter, row.last_touch.inviter) == (ann, bob)


def test_a_repeat_keeps_the_first_record(run: Run) -> None:
    member = make_member()
    touch(token="t", run_id=run.pk, link=link_of(run, make_member()), now=NOW)
    first = join(run, member, "t", NOW)
    touch(token="t", run_id=run.pk, link=link_of(run, make_member()), now=NOW + timedelta(hours=1))
    assert join(run, member, "t", NOW + timedelta(hours=2)).last_touch == first.last_touch
    assert Conversion.objects.count() == 1


def test_touches_older_than_ninety_days_are_forgotten(run: Run) -> None:
    touch(token="t", run_id=run.pk, link=link_of(run, make_member()), now=NOW - timedelta(days=91))
    assert join(run, make_member(), "t", NOW).first_touch is None


def test_the_first_touch_follows_the_member_to_another_device(run: Run) -> None:
    ann, member = make_member(), make_member()
    touch(token="phone", run_id=run.pk, link=link_of(run, ann), now=NOW - timedelta(days=2))
    adopt_visitor(token="phone", member_id=member.pk, now=NOW - timedelta(days=2))
    adopt_visitor(token="computer", member_id=member.pk, now=NOW)
    row = join(run, member, "computer", NOW)
    assert row.first_touch
    assert row.first_touch.inviter == ann


def test_a_browser_of_somebody_else_lends_its_last_half_hour_only(run: Run) -> None:
    ann, bob, owner, guest = make_member(), make_member(), make_member(), make_member()
    touch(token="t", run_id=run.pk, link=link_of(run, ann), now=NOW - timedelta(days=2))
    adopt_visitor(token="t", member_id=owner.pk, now=NOW - timedelta(days=2))
    touch(token="t", run_id=run.pk, link=link_of(run, bob), now=NOW - timedelta(minutes=5))
    row = join(run, guest, "t", NOW)
    assert row.first_touch
    assert row.first_touch.inviter == bob
    assert Visitor.objects.get().member == owner


def test_who_registers_in_anothers_browser_was_not_brought_by_who_brought_that_one(run: Run) -> None:
    ann, owner, guest = make_member(), make_member(), make_member()
    touch(token="t", run_id=run.pk, link=link_of(run, ann), now=NOW - timedelta(days=2))
    assert touches_of(member_id=guest.pk, token_hash=hash_of("t"), now=NOW).exists()
    adopt_visitor(token="t", member_id=owner.pk, now=NOW - timedelta(days=2))
    assert not touches_of(member_id=guest.pk, token_hash=hash_of("t"), now=NOW).exists()


def test_nobody_invites_themselves(run: Run) -> None:
    """Neither before the log-in, when nobody knows whose browser it is, nor after it."""
    member = make_member()
    touch(token="t", run_id=run.pk, link=link_of(run, member), now=NOW)
    assert join(run, member, "t", NOW).first_touch is None
    touch(token="t", run_id=run.pk, link=link_of(run, member, "poster"), now=NOW)
    assert Touch.objects.latest("pk").inviter is None


def test_a_log_in_counts_once_for_each_run_that_was_seen(run: Run) -> None:
    other, member = make_run("assist", {"stages": [2]}), make_member()
    touch(token="t", run_id=run.pk, link=link_of(run, make_member()), now=NOW)
    touch(token="t", run_id=other.pk, now=NOW)
    for _ in range(2):
        adopt_visitor(token="t", member_id=member.pk, now=NOW + timedelta(seconds=1))
    rows = Conversion.objects.filter(kind=ConversionKind.LOGIN)
    assert sorted(rows.values_list("run_id", "ref")) == sorted([(run.pk, member.pk), (other.pk, member.pk)])


def test_new_to_us_is_who_was_unknown_at_the_first_visit(run: Run) -> None:
    old = make_member()
    later = timezone.now() + timedelta(seconds=1)
    touch(token="new", run_id=run.pk, now=NOW - timedelta(hours=1))
    touch(token="old", run_id=run.pk, now=later)
    assert join(run, make_member(), "new", later, ref=1).is_new_member
    assert not join(run, old, "old", later, ref=2).is_new_member


@pytest.mark.parametrize(
    ("referrer", "host"),
    [
        ("https://mp.weixin.qq.com/s/abc?x=1", "mp.weixin.qq.com"),
        ("http://testserver/m/", ""),
        ("http://[::1", ""),
        ("javascript:alert(1)", ""),
        ("http://" + "a" * 300, "a" * 80),
        ("http://例子\u202e.com/", ""),
    ],
)
def test_of_a_referrer_only_a_foreign_host_is_kept(referrer: str, host: str) -> None:
    assert host_of(referrer) == host


def test_utm_from_an_address_is_five_short_plain_values(run: Run) -> None:
    utm = {
        "utm_source": "a\u202eb\x00\ud800" + "c" * 90,
        "utm_evil": "x",
        "utm_term": "",
        "utm_medium": "群 聊",
    }
    touch(token="t", run_id=run.pk, utm=utm, now=NOW)
    assert Touch.objects.get().utm == {"utm_source": "ab" + "c" * 58, "utm_medium": "群 聊"}
