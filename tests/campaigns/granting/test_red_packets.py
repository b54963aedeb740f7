"""Red packets by counting what was paid out: each once, whatever breaks; only this day counts for the day's cap."""

import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from apps.campaigns.enums import BenefitKind, GrantState
from apps.campaigns.models import Campaign, Grant
from apps.campaigns.providers import registry
from apps.campaigns.providers.wechat_transfer import WechatTransfer
from apps.campaigns.services.granting.holding import retry_failed
from apps.campaigns.services.granting.packet_verdicts import mark_paid, mark_unpaid
from apps.campaigns.services.granting.red_packets import send_red_packets
from apps.campaigns.services.granting.taking import take_back
from apps.core.clock import database_now
from apps.core.errors import Invalid, WrongState
from apps.members.models import Identity, Member
from tests.campaigns.factories import make_benefit
from tests.campaigns.granting.conftest import give, the_grant, torn
from tests.campaigns.granting.transfer_server import TransferServer
from tests.channels.conftest import child_environment
from tests.chat_simulator_fixture import ROOT
from tests.orders.conftest import wechat_credentials

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def wechat(settings):
    from apps.core import outbound

    with TransferServer() as server:
        settings.PAYMENT_CREDENTIALS = {"wechat_transfer": {**wechat_credentials(server), "scene_id": "1000"}}
        settings.DELIVERY_READ_SECONDS, settings.DELIVERY_TOTAL_SECONDS = 0.5, 1.0
        _forget(outbound)
        yield server
        _forget(outbound)


def _forget(outbound):
    for client in outbound._clients.values():
        client.close()
    outbound._clients.clear()


@pytest.fixture
def packet(wechat, giving):
    """A packet of 1.88 yuan for a member whom WeChat knows."""
    benefit = make_benefit(
        BenefitKind.RED_PACKET, provider="wechat_transfer", cost=Decimal("1.88"), face_value=Decimal("1.88")
    )
    entry = giving(benefit)
    Identity.objects.create(member_id=entry.owner_id, kind="wechat_openid", value=f"o{entry.pk}")
    give(entry)
    return the_grant(entry)


def send(*, again: bool = False) -> None:
    if again:  # as if the pause or the lease were over
        Grant.objects.filter(state__in=["pending", "sending"]).update(next_at=None)
    send_red_packets(now=database_now())


def test_a_packet_is_paid_and_issued(packet, wechat):
    send()
    send()
    packet.refresh_from_db()
    assert (packet.state, packet.provider_data["transfer_no"]) == (GrantState.ISSUED, f"WXRP{packet.pk}T1")
    assert wechat.transferred == {f"RP{packet.pk}T1": 188}
    assert not wechat.refused
    assert not torn()


def test_the_member_must_confirm_and_then_it_is_issued(packet, wechat):
    wechat.transfer_faults = ["waiting"]
    send()
    packet.refresh_from_db()
    assert packet.state == GrantState.SENDING
    assert packet.provider_data["package_info"], "the member's client needs it to take the money"
    send()
    assert len(wechat.requests) == 1, "it is not asked for again before its time"
    send(again=True)
    packet.refresh_from_db()
    assert packet.state == GrantState.SENDING
    wechat.confirm(packet.provider_no)
    send(again=True)
    packet.refresh_from_db()
    assert packet.state == GrantState.ISSUED


def test_no_answer_is_asked_about_and_paid_once(packet, wechat):
    wechat.transfer_faults = ["hang"]
    send()
    packet.refresh_from_db()
    assert packet.state == GrantState.SENDING
    send(again=True)
    packet.refresh_from_db()
    assert packet.state == GrantState.ISSUED
    assert wechat.transferred == {packet.provider_no: 188}


def test_a_refusal_is_certain_only_after_a_query_and_keeps_its_number(packet, wechat, architect):
    wechat.transfer_faults = ["not_enough"]
    send()
    packet.refresh_from_db()
    assert packet.state == GrantState.FAILED
    assert packet.reason == "资金不足"
    assert [method for method, _path in wechat.requests] == ["POST", "GET"]
    assert architect.notices.count() == 1
    retry_failed(grant=packet, actor=architect, now=database_now())
    send()
    packet.refresh_from_db()
    assert packet.state == GrantState.ISSUED
    assert list(wechat.transferred) == [f"RP{packet.pk}T1"]


def test_a_closed_number_is_retried_under_a_new_one(packet, wechat, architect):
    wechat.transfer_faults = ["fail"]
    send()
    packet.refresh_from_db()
    assert packet.state == GrantState.FAILED
    retry_failed(grant=packet, actor=architect, now=database_now())
    send()
    assert list(wechat.transferred) == [f"RP{packet.pk}T2"]


def test_busy_waits_and_keeps_its_number(packet, wechat):
    wechat.transfer_faults = ["busy"]
    send()
    packet.refresh_from_db()
    assert packet.state == GrantState.PENDING
    send(again=True)
    assert list(wechat.transferred) == [f"RP{packet.pk}T1"]


def test_without_an_account_it_fails_and_nothing_is_sent(packet, wechat):
    Identity.objects.all().delete()
    send()
    packet.refresh_from_db()
    assert packet.state == GrantState.FAILED
    assert not wechat.requests


def test_what_is_being_sent_is_not_taken_back(packet, wechat):
    wechat.transfer_faults = ["waiting"]
    send()
    with transaction.atomic():
        assert take_back(entry_id=packet.entry_id, give_key="prize", reason="voided", now=database_now()) == 0
    assert not torn()


def _second_packet(packet: Grant) -> Grant:
    give(packet.entry, "second")
    return Grant.objects.get(entry=packet.entry, give_key="second")


def test_only_this_day_counts_for_the_cap(packet, wechat):
    """FIELD: LinkWeChat's daily cap summed all history. The day is the campaign's."""
    packet.benefit.daily_limit = 1
    packet.benefit.save()
    Grant.objects.filter(pk=packet.pk).update(
        state="issued", issued_at=database_now(), sent_on=database_now().date() - timedelta(days=3)
    )
    second = _second_packet(packet)
    send()
    second.refresh_from_db()
    assert second.state == GrantState.ISSUED
    give(packet.entry, "third")
    send()
    third = Grant.objects.get(give_key="third")
    assert third.state == GrantState.PENDING
    assert third.next_at > database_now()
    assert len(wechat.transferred) == 1


@pytest.mark.parametrize(
    ("zone", "next_day"),
    [
        ("Asia/Shanghai", datetime(2026, 11, 22, 16, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 22, 5, tzinfo=UTC)),
    ],
)
def test_the_next_day_begins_in_the_campaigns_zone(packet, wechat, zone, next_day):
    from apps.campaigns.services.granting import red_packets

    Campaign.objects.update(timezone=zone)
    packet.benefit.daily_limit = 1
    packet.benefit.save()
    second = _second_packet(packet)
    now = datetime(2026, 11, 22, 0, 30, tzinfo=UTC)
    for _grant in (packet, second):
        red_packets._claim(now)
    second.refresh_from_db()
    assert second.next_at == next_day


def test_two_workers_do_not_pass_the_cap_together(packet, wechat):
    from tests.campaigns.together import together

    packet.benefit.daily_limit = 2
    packet.benefit.save()
    give(packet.entry, *[f"more-{n}" for n in range(6)])
    together([lambda: send_red_packets(now=database_now()) for _n in range(4)], threads=4)
    assert Grant.objects.filter(state="issued").count() == 2
    assert len(wechat.transferred) == 2


@pytest.mark.processes
@pytest.mark.parametrize(
    ("failpoint", "paid_before_death"), [("packet.sending", 0), ("packet.answered", 188)]
)
def test_killed_around_the_request_pays_once(packet, wechat, failpoint, paid_before_death):
    secrets = {f"WECHAT_PAY_{name.upper()}": value for name, value in wechat_credentials(wechat).items()}
    environment = child_environment(
        wechat.url, FAILPOINT=failpoint, WECHAT_TRANSFER_SCENE_ID="1000", **secrets
    )
    worker = subprocess.run(
        [sys.executable, "-m", "tests.campaigns.granting.runner", "send"],
        cwd=ROOT,
        env=environment,
        timeout=60,
        check=False,
    )
    assert worker.returncode == -signal.SIGKILL
    packet.refresh_from_db()
    assert (packet.state, packet.attempts) == (GrantState.SENDING, 1)
    assert sum(wechat.transferred.values()) == paid_before_death
    assert send_red_packets(now=database_now()) == 0, "a lease that still runs is not taken over"
    asked = len(wechat.requests)
    send(again=True)
    send(again=True)
    packet.refresh_from_db()
    assert packet.state == GrantState.ISSUED
    assert wechat.requests[asked][0] == "GET", "in doubt it is asked what became of it, before anything else"
    assert wechat.transferred == {packet.provider_no: 188}


class _Forgetful(WechatTransfer):
    """A provider that pays again when it is asked again."""

    key = "forgetful"
    is_idempotent = False


def test_in_doubt_at_a_provider_that_pays_twice_it_is_left_to_a_person(
    packet, wechat, settings, monkeypatch, architect
):
    monkeypatch.setitem(registry.all_providers(), "forgetful", _Forgetful())
    settings.PAYMENT_CREDENTIALS["forgetful"] = settings.PAYMENT_CREDENTIALS["wechat_transfer"]
    packet.benefit.provider = "forgetful"
    packet.benefit.save()
    wechat.transfer_faults = ["hang"]
    send()
    packet.refresh_from_db()
    assert packet.state == GrantState.UNKNOWN
    assert architect.notices.count() == 1
    send(again=True)
    assert len(wechat.requests) == 1
    mark_unpaid(grant=packet, reason="后台查无此单", actor=architect, now=database_now())
    retry_failed(grant=packet, actor=architect, now=database_now())
    send()
    packet.refresh_from_db()
    assert packet.state == GrantState.ISSUED
    assert len(wechat.transferred) == 2, "the person was wrong; the machine never is by itself"


def test_a_lost_sender_at_such_a_provider_is_unknown_too(packet, wechat, settings, monkeypatch, architect):
    from apps.campaigns.services.granting import red_packets

    monkeypatch.setitem(registry.all_providers(), "forgetful", _Forgetful())
    packet.benefit.provider = "forgetful"
    packet.benefit.save()
    red_packets._claim(database_now())
    send(again=True)
    packet.refresh_from_db()
    assert packet.state == GrantState.UNKNOWN
    assert not wechat.requests


def test_by_hand_a_person_pays_and_marks_it(giving, architect):
    entry = giving(make_benefit(BenefitKind.RED_PACKET, cost=Decimal("5.00"), face_value=Decimal("5.00")))
    give(entry)
    grant = the_grant(entry)
    assert send_red_packets(now=database_now()) == 0
    with pytest.raises(Invalid):
        mark_paid(grant=grant, reference=" ", actor=architect, now=database_now())
    mark_paid(grant=grant, reference="微信转账 1000123", actor=architect, now=database_now())
    with pytest.raises(WrongState):
        mark_paid(grant=grant, reference="again", actor=architect, now=database_now())
    assert the_grant(entry).state == GrantState.ISSUED
    assert Member.objects.get(pk=entry.owner_id).points_balance == 0


def test_what_the_machine_pays_is_not_marked_by_hand(packet, architect):
    with pytest.raises(WrongState):
        mark_paid(grant=packet, reference="x", actor=architect, now=database_now())
