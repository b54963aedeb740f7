"""The outbox in the admin: looked at, decided with a reason, worked off by hand."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse

from apps.accounts.enums import Role
from apps.accounts.models import AuditEntry, Team
from apps.channels.models import Channel, Delivery
from apps.core.clock import database_now
from tests.channels.conftest import force, states

pytestmark = pytest.mark.django_db

LIST = "admin:channels_delivery_changelist"
INBOX = "admin:channels_delivery_inbox"


@pytest.fixture
def operator(make_user, team):
    return make_user("operator", Role.GROUP_OPERATOR, team)


@pytest.fixture
def desk(client, operator):
    client.force_login(operator)
    cache.clear()
    return client


@pytest.fixture
def robot(team):
    return Channel.objects.create(name="一号机器人", driver="wecom_robot", secret="robot-00000001", team=team)


@pytest.fixture
def manual(team):
    return Channel.objects.create(name="微信一群", driver="manual", platform="wechat", team=team)


def _decide(client, delivery, verb, reason="群里没有"):
    url = reverse(f"admin:channels_delivery_{verb}", args=[delivery.pk])
    return client.post(url, {"_form_submitted": "on", "reason": reason}, headers={"HX-Request": "true"})


@pytest.mark.parametrize("rows", [1, 3])
def test_list_costs_the_same_for_one_and_three(desk, robot, make_due, rows, django_assert_num_queries):
    make_due(robot, rows)
    desk.get(reverse(LIST))
    with django_assert_num_queries(8):
        desk.get(reverse(LIST))


def test_the_list_filters_by_state_and_hides_other_teams(desk, robot, make_due):
    force(Delivery.objects.filter(pk=make_due(robot, recipient="甲群")[0].pk), state="unknown")
    make_due(robot, recipient="乙群")
    other = Channel.objects.create(name="别人的", driver="manual", team=Team.objects.create(name="华南一组"))
    make_due(other, recipient="丙群")
    shown = desk.get(f"{reverse(LIST)}?state__exact=unknown").context["cl"].result_list
    assert [row.recipient for row in shown] == ["甲群"]
    assert "丙群" not in desk.get(reverse(LIST)).content.decode()


def test_a_doubt_shows_its_attempts_and_what_may_be_done(desk, robot, make_due):
    [delivery] = make_due(robot)
    force(Delivery.objects.all(), state="unknown", attempt_count=1, reason="没有等到平台的回答")
    delivery.attempts.create(number=1, lease_token=1, outcome="ambiguous", code="no_answer", detail="超时")
    page = desk.get(reverse("admin:channels_delivery_change", args=[delivery.pk])).content.decode()
    for text in ("没有等到平台的回答", "结果不明", "no_answer", delivery.content["text"]):
        assert text in page
    for verb in ("mark_sent", "resend", "cancel"):
        assert reverse(f"admin:channels_delivery_{verb}", args=[delivery.pk]) in page


def test_what_was_sent_offers_nothing(desk, robot, make_due):
    [delivery] = make_due(robot)
    force(Delivery.objects.all(), state="sent", sent_at=database_now())
    page = desk.get(reverse("admin:channels_delivery_change", args=[delivery.pk])).content.decode()
    for verb in ("mark_sent", "resend", "cancel"):
        assert reverse(f"admin:channels_delivery_{verb}", args=[delivery.pk]) not in page


@pytest.mark.parametrize(
    ("verb", "state"), [("mark_sent", "sent"), ("resend", "pending"), ("cancel", "failed")]
)
def test_a_person_decides_a_doubt(desk, robot, make_due, verb, state):
    [delivery] = make_due(robot)
    force(Delivery.objects.all(), state="unknown")
    _decide(desk, delivery, verb)
    assert states([delivery]) == [state]
    assert AuditEntry.objects.get().reason == "群里没有"


def test_without_the_permission_nothing_is_decided(client, make_user, team, robot, make_due):
    [delivery] = make_due(robot)
    force(Delivery.objects.all(), state="unknown")
    client.force_login(make_user("editor", Role.CONTENT_EDITOR, team))
    assert client.get(reverse(LIST)).status_code == 200
    _decide(client, delivery, "resend")
    assert states([delivery]) == ["unknown"]
    assert client.get(reverse(INBOX)).status_code == 403


def test_several_are_decided_at_once_and_the_unfit_are_skipped(desk, robot, make_due):
    doubts, sent = make_due(robot, 2), make_due(robot)
    force(Delivery.objects.filter(pk__in=[row.pk for row in doubts]), state="unknown")
    force(Delivery.objects.filter(pk=sent[0].pk), state="sent", sent_at=database_now())
    rows = [*doubts, *sent]
    chosen = {"action": "resend_selected", "_selected_action": [row.pk for row in rows]}
    answer = desk.post(reverse(LIST), chosen)
    assert "会跳过" in desk.get(answer.url).content.decode()
    desk.post(answer.url, {"reason": "平台故障"})
    assert states(rows) == ["pending", "pending", "sent"]


# --- The inbox ----------------------------------------------------------------------------------------


def test_an_empty_inbox_teaches(desk, manual):
    assert "到点后" in desk.get(reverse(INBOX)).content.decode()
    Channel.objects.all().delete()
    assert reverse("admin:channels_channel_add") in desk.get(reverse(INBOX)).content.decode()


def test_the_oldest_card_comes_first_and_one_tap_ticks_it_off(desk, manual, make_due):
    now = database_now()
    [late] = make_due(manual, recipient="老群", due_at=now - timedelta(minutes=20))
    [fresh] = make_due(manual, recipient="新群", due_at=now - timedelta(minutes=1))
    force(Delivery.objects.all(), state="awaiting_person")
    page = desk.get(reverse(INBOX)).content.decode()
    assert page.index("老群") < page.index("新群")
    assert late.content["text"] in page
    answer = desk.post(reverse(INBOX), {"delivery": late.pk, "verb": "mark_sent"}, follow=True)
    assert "已标记为送达" in answer.content.decode()
    assert states([late, fresh]) == ["sent", "awaiting_person"]


def test_a_second_tap_says_so_and_changes_nothing(desk, manual, make_due):
    [delivery] = make_due(manual)
    force(Delivery.objects.all(), state="awaiting_person")
    for _ in range(2):
        answer = desk.post(reverse(INBOX), {"delivery": delivery.pk, "verb": "mark_sent"}, follow=True)
    assert "已送达" in answer.content.decode()
    assert delivery.attempts.count() == 1


def test_not_sending_needs_a_reason(desk, manual, make_due):
    [delivery] = make_due(manual)
    force(Delivery.objects.all(), state="awaiting_person")
    desk.post(reverse(INBOX), {"delivery": delivery.pk, "verb": "cancel", "reason": ""})
    assert states([delivery]) == ["awaiting_person"]
    desk.post(reverse(INBOX), {"delivery": delivery.pk, "verb": "cancel", "reason": "活动取消"})
    assert states([delivery]) == ["cancelled"]


def test_what_was_just_missed_can_still_be_ticked_off(desk, manual, make_due):
    [delivery] = make_due(manual, due_at=database_now() - timedelta(hours=1))
    force(Delivery.objects.all(), state="missed")
    assert "刚刚错过" in desk.get(reverse(INBOX)).content.decode()
    desk.post(reverse(INBOX), {"delivery": delivery.pk, "verb": "mark_sent"})
    assert states([delivery]) == ["sent"]


def test_another_teams_card_is_neither_shown_nor_decided(desk, make_due):
    other = Channel.objects.create(name="别人的", driver="manual", team=Team.objects.create(name="华南一组"))
    [delivery] = make_due(other, recipient="别人的群")
    force(Delivery.objects.all(), state="awaiting_person")
    assert "别人的群" not in desk.get(reverse(INBOX)).content.decode()
    assert desk.post(reverse(INBOX), {"delivery": delivery.pk}).status_code == 404


def test_a_picture_is_served_to_its_team_only(desk, client, manual, make_due, make_user):
    path = default_storage.save("海报.png", ContentFile(b"\x89PNG\r\n\x1a\n"))
    [delivery] = make_due(manual, kind="image", content={"kind": "image", "path": path})
    url = reverse("admin:channels_delivery_image", args=[delivery.pk])
    answer = desk.get(url)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert b"".join(answer.streaming_content).startswith(b"\x89PNG")
    stranger = make_user("stranger", Role.GROUP_OPERATOR, Team.objects.create(name="华南一组"))
    client.force_login(stranger)
    assert client.get(url).status_code == 404
