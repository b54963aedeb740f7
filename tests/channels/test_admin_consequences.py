"""Channels in the admin: the queue's fate is said first, an old page undoes nothing, files work, secrets stay."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse

from apps.accounts.enums import Role
from apps.channels.admin.channel import ChannelAdmin
from apps.channels.models import Channel, Delivery
from apps.core.clock import database_now
from tests.channels.conftest import force

pytestmark = pytest.mark.django_db
KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"


@pytest.fixture
def desk(client, make_user, team):
    client.force_login(make_user("operator", Role.GROUP_OPERATOR, team))
    cache.clear()
    return client


@pytest.fixture
def robot(team):
    return Channel.objects.create(name="一号", driver="wecom_robot", secret=KEY, team=team)


def asked(desk, robot, action):
    return desk.get(reverse(f"admin:channels_channel_{action}", args=[robot.pk])).content.decode()


def test_pause_says_what_happens_to_the_queue(desk, robot, make_due):
    make_due(robot, 2)
    make_due(robot, 3, due_at=database_now() + timedelta(hours=1))
    assert "到点未发 2 条，之后还有 3 条" in asked(desk, robot, "pause")


def test_activate_says_what_is_released_and_what_is_too_late(desk, robot, make_due):
    held = [*make_due(robot, 3), *make_due(robot, 2, due_at=database_now() - timedelta(hours=3))]
    force(Delivery.objects.filter(pk__in=[row.pk for row in held]), state="held")
    force(Channel.objects.all(), state="disabled", state_reason="93000")
    said = asked(desk, robot, "activate")
    assert "现在挂起 5 条" in said
    assert "3 条还没过截止时间" in said
    assert "2 条已过" in said


def test_test_message_leads_to_the_page_where_to_watch(desk, robot):
    url = reverse("admin:channels_channel_send_test_message", args=[robot.pk])
    answer = desk.post(url, {"_form_submitted": "True"})
    delivery = Delivery.objects.get()
    assert answer["HX-Redirect"] == reverse("admin:channels_delivery_change", args=[delivery.pk])


def test_saving_an_old_page_does_not_undo_a_state(desk, robot, team, monkeypatch):
    before = ChannelAdmin.save_model

    def disabled_meanwhile(self, request, obj, form, change):
        Channel.objects.filter(pk=obj.pk).update(state="disabled", state_reason="93000")
        before(self, request, obj, form, change)

    monkeypatch.setattr(ChannelAdmin, "save_model", disabled_meanwhile)
    fields = {"name": "改名", "driver": "wecom_robot", "platform": "wecom", "team": team.pk, "owner": ""}
    desk.post(reverse("admin:channels_channel_change", args=[robot.pk]), fields)
    robot.refresh_from_db()
    assert (robot.name, robot.state, robot.secret) == ("改名", "disabled", KEY)


def test_export_has_no_secret(desk, robot):
    wanted = {"format": "0", "resource": "", "channelresource_name": "on", "channelresource_driver": "on"}
    text = desk.post(reverse("admin:channels_channel_export"), wanted).content.decode("utf-8-sig")
    assert "一号" in text
    assert KEY not in text


def test_inbox_answers_scripts_and_opens_only_web_links(desk, team, make_due):
    person = Channel.objects.create(name="人工", driver="manual", team=team)
    card = {"kind": "link", "title": "上新", "text": "八折", "url": "javascript:alert(1)"}
    [delivery] = make_due(person, kind="link", content=card)
    force(Delivery.objects.all(), state="awaiting_person")
    inbox = reverse("admin:channels_delivery_inbox")
    assert 'href="javascript:' not in desk.get(inbox).content.decode()
    assert desk.get(reverse("admin:channels_delivery_waiting")).json()["ids"] == [delivery.pk]
    tap = {"delivery": delivery.pk, "verb": "mark_sent"}
    headers = {"Accept": "application/json"}
    assert desk.post(inbox, tap, headers=headers).json() == {"state": "sent"}
    again = desk.post(inbox, tap, headers=headers)
    assert (again.status_code, "已送达" in again.json()["message"]) == (409, True)
    assert desk.get(reverse("admin:channels_delivery_waiting")).json()["ids"] == []
