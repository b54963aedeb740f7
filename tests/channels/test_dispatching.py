"""What one run sends, in which order and how fast (D1, D2, D4, D5, D7)."""

import hashlib
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import F

from apps.channels.models import Attempt, Channel, Delivery
from apps.channels.services.dispatching import dispatch
from apps.channels.services.sending import content_problems
from apps.core.clock import database_now
from tests.channels.conftest import outcomes, states

pytestmark = pytest.mark.django_db(transaction=True)


def test_due_messages_arrive_once_and_in_order(quick, make_channel, make_due):
    channels = [make_channel() for _ in range(5)]
    due = {channel: make_due(channel, 4) for channel in channels}
    assert dispatch() == 20
    for channel, deliveries in due.items():
        assert states(deliveries) == ["sent"] * 4
        arrived = [message["text"] for message in quick.accepted(key=channel.secret)]
        assert arrived == [delivery.content["text"] for delivery in deliveries]
    assert dispatch() == 0
    assert quick.count() == 20


def test_every_request_has_an_attempt_with_its_end(make_channel, make_due):
    [delivery] = make_due(make_channel())
    dispatch()
    delivery.refresh_from_db()
    attempt = Attempt.objects.get()
    assert (delivery.attempt_count, attempt.number, attempt.outcome, attempt.status, attempt.code) == (
        1,
        1,
        "accepted",
        200,
        "0",
    )
    assert attempt.started_at <= attempt.finished_at
    assert delivery.sent_at is not None


def test_what_is_not_due_stays(quick, make_channel, make_due):
    deliveries = make_due(make_channel(), due_at=database_now() + timedelta(minutes=1))
    assert dispatch() == 0
    assert states(deliveries) == ["pending"]
    assert quick.count() == 0


def test_channels_are_free_after_a_run(make_channel, make_due):
    make_due(make_channel(), 3)
    make_due(make_channel(), 1)
    dispatch()
    assert not Channel.objects.filter(leased_until__isnull=False).exists()
    assert Channel.objects.filter(lease_token=1).count() == 2


def test_pace_holds_back_what_is_over_the_limit(quick, make_channel, make_due):
    channel = make_channel(rate_limit=3, rate_window_seconds=60)
    deliveries = make_due(channel, 5)
    assert dispatch() == 3
    assert states(deliveries) == ["sent"] * 3 + ["pending"] * 2
    assert dispatch() == 0


def test_pace_lets_the_next_go_when_the_window_has_passed(quick, make_channel, make_due):
    channel = make_channel(rate_limit=2, rate_window_seconds=1, platform_limit=0)
    make_due(channel, 4)
    assert dispatch(run_seconds=3) == 2
    Channel.objects.update(
        recent_at=[moment - timedelta(seconds=1.1) for moment in Channel.objects.get().recent_at]
    )
    assert dispatch() == 2


def test_a_retry_holds_back_the_later_ones(quick, make_channel, make_due):
    channel = make_channel()
    deliveries = make_due(channel, 3)
    quick.fault("refuse", key=channel.secret, code=-1)
    assert dispatch() == 0
    assert states(deliveries) == ["pending"] * 3
    assert dispatch() == 0, "the first one waits, so nobody may overtake it"
    Delivery.objects.update(available_at=F("due_at"))
    assert dispatch() == 3
    arrived = [message["text"] for message in quick.accepted(key=channel.secret)]
    assert arrived == [delivery.content["text"] for delivery in deliveries]
    assert outcomes(deliveries[0]) == ["retry", "accepted"]


@pytest.mark.parametrize(
    ("driver", "platform", "secret", "signing", "address"),
    [
        ("dingtalk_robot", "dingtalk", "0123456789abcdef", "SECabc", ""),
        ("feishu_robot", "feishu", "0123456789abcdef", "feishu-secret", ""),
        ("telegram_bot", "telegram", "123456:abcdefgh-1", "", "-100200300"),
        ("webhook", "webhook", "own-system", "shared-secret", ""),
    ],
)
@pytest.mark.parametrize("kind", ["text", "link"])
def test_every_driver_is_understood_by_its_platform(
    quick, make_due, driver, platform, secret, signing, address, kind
):
    quick.robots([{"platform": platform, "key": secret, "secret": signing, "name": "甲"}])
    channel = Channel.objects.create(
        name="甲",
        driver=driver,
        secret=f"{quick.url}/webhook/{secret}" if driver == "webhook" else secret,
        signing_secret=signing,
    )
    content = {"kind": kind, "text": "晚上八点见", "title": "直播", "url": "https://example.com/"}
    [delivery] = make_due(channel, kind=kind, content=content, address=address)
    dispatch()
    assert states([delivery]) == ["sent"]
    [message] = quick.accepted(platform=platform)
    assert (message["key"], message["chat"]) == (secret, address)


def test_an_image_arrives_as_it_was_uploaded(quick, make_channel, make_due):
    channel = make_channel()
    image = b"\x89PNG\r\n\x1a\n" + b"1" * 5000
    path = default_storage.save("poster.png", ContentFile(image))
    [delivery] = make_due(channel, kind="image", content={"kind": "image", "path": path})
    [lost] = make_due(channel, kind="image", content={"kind": "image", "path": "gone.png"})
    dispatch()
    assert states([delivery, lost]) == ["sent", "failed"]
    [message] = quick.accepted()
    assert message["extra"] == {"md5": hashlib.md5(image).hexdigest(), "size": len(image)}


def test_content_problems_speak_to_the_writer(make_channel):
    channel = make_channel()
    assert content_problems(channel=channel, kind="text", content={"text": "你好"}) == []
    [problem] = content_problems(channel=channel, kind="text", content={"text": "汉" * 683})
    assert "2049" in problem
    assert content_problems(channel=channel, kind="image", content={"path": "gone.png"}) != []
