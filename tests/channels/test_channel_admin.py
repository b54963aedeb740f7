"""The channel's pages: credentials go in and never come out; what people do is one service call."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from apps.accounts.enums import Role
from apps.accounts.models import AuditEntry, Team
from apps.channels.models import Channel, Delivery

pytestmark = pytest.mark.django_db

LIST = "admin:channels_channel_changelist"
KEY = "693a91f6-7bcc-4bc4-97a0-0ec2sifa5aaa"
ADDRESS = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"


@pytest.fixture
def desk(client, make_user, team):
    client.force_login(make_user("operator", Role.GROUP_OPERATOR, team))
    cache.clear()
    return client


@pytest.fixture
def channel(team):
    return Channel.objects.create(
        name="一号机器人", driver="wecom_robot", secret=KEY, signing_secret="sign-me-please", team=team
    )


def _form(team, **values):
    return {"name": "一号机器人", "driver": "wecom_robot", "platform": "other", "team": team.pk, **values}


def _action(client, channel, name):
    url = reverse(f"admin:channels_channel_{name}", args=[channel.pk])
    return client.post(url, {"_form_submitted": "on", "reason": "维护"}, headers={"HX-Request": "true"})


def test_a_pasted_address_becomes_the_key_and_the_platforms_defaults_hold(desk, team):
    answer = desk.post(reverse("admin:channels_channel_add"), _form(team, secret=ADDRESS))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    channel = Channel.objects.get()
    assert (channel.secret, channel.platform) == (KEY, "wecom")
    assert (channel.rate_limit, channel.rate_window_seconds) == (20, 60)
    assert AuditEntry.objects.get(action="channel.add").detail["fields"]


def test_nonsense_as_a_key_is_refused_and_nothing_typed_is_lost(desk, team):
    answer = desk.post(reverse("admin:channels_channel_add"), _form(team, secret="你好", name="二号"))
    page = answer.content.decode()
    assert "复制 Webhook 地址" in page
    assert "二号" in page
    assert not Channel.objects.exists()


def test_a_refused_credential_is_not_echoed_and_the_rest_of_the_form_stays(desk, team):
    typed = _form(team, secret="hunter2!", signing_secret="SECkept", name="二号")
    answer = desk.post(reverse("admin:channels_channel_add"), typed)
    page = answer.content.decode()
    assert "hunter2!" not in page
    assert 'value="SECkept"' in page
    assert 'value="二号"' in page
    too_long = desk.post(reverse("admin:channels_channel_add"), typed | {"signing_secret": "s3cr3t" * 60})
    assert "s3cr3t" not in too_long.content.decode()


def test_a_good_credential_waits_while_another_field_is_corrected(desk, team):
    answer = desk.post(reverse("admin:channels_channel_add"), _form(team, secret=ADDRESS, name=""))
    assert KEY in answer.content.decode()


def test_a_webhook_to_the_inside_is_refused(desk, team):
    answer = desk.post(
        reverse("admin:channels_channel_add"), _form(team, driver="webhook", secret="http://10.0.0.1/")
    )
    assert "内网" in answer.content.decode()


def test_the_secret_never_comes_out_again(desk, channel):
    for url in (reverse(LIST), reverse("admin:channels_channel_change", args=[channel.pk])):
        page = desk.get(url).content.decode()
        assert KEY not in page
        assert "sign-me-please" not in page
        assert KEY[-4:] in page


def test_saving_with_an_empty_key_keeps_it(desk, channel, team):
    answer = desk.post(
        reverse("admin:channels_channel_change", args=[channel.pk]), _form(team, name="改名", secret="")
    )
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    channel.refresh_from_db()
    assert (channel.name, channel.secret) == ("改名", KEY)


def test_a_channel_without_a_team_would_be_lost_to_its_maker(desk, team):
    answer = desk.post(reverse("admin:channels_channel_add"), _form(team, secret=ADDRESS) | {"team": ""})
    assert answer.context["adminform"].form.errors["team"]


def test_another_teams_channel_does_not_exist(desk):
    other = Channel.objects.create(name="别人的", driver="manual", team=Team.objects.create(name="华南一组"))
    assert "别人的" not in desk.get(reverse(LIST)).content.decode()
    assert desk.get(reverse("admin:channels_channel_change", args=[other.pk])).status_code == 302
    assert _action(desk, other, "pause").status_code in {302, 403, 404}
    other.refresh_from_db()
    assert other.state == "active"


def test_pause_and_activate(desk, channel):
    _action(desk, channel, "pause")
    channel.refresh_from_db()
    assert (channel.state, channel.state_reason) == ("paused", "维护")
    _action(desk, channel, "activate")
    channel.refresh_from_db()
    assert (channel.state, channel.state_reason) == ("active", "")
    assert set(AuditEntry.objects.values_list("action", flat=True)) == {"channel.pause", "channel.activate"}


def test_a_test_message_takes_the_way_of_all_messages(desk, channel):
    answer = _action(desk, channel, "send_test_message")
    assert answer.headers["HX-Redirect"] == reverse(
        "admin:channels_delivery_change", args=[Delivery.objects.get().pk]
    )
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.channel, delivery.team) == ("pending", channel, channel.team)
    assert "一号机器人" in delivery.content["text"]


def test_a_paused_channel_offers_to_be_enabled_and_no_test(desk, channel):
    Channel.objects.update(state="paused")
    page = desk.get(reverse("admin:channels_channel_change", args=[channel.pk])).content.decode()
    assert reverse("admin:channels_channel_activate", args=[channel.pk]) in page
    assert reverse("admin:channels_channel_send_test_message", args=[channel.pk]) not in page


@pytest.mark.parametrize("rows", [1, 3])
def test_list_costs_the_same_for_one_and_three(desk, team, rows, django_assert_num_queries):
    for number in range(rows):
        Channel.objects.create(name=f"通道{number}", driver="manual", team=team)
    desk.get(reverse(LIST))
    with django_assert_num_queries(9):
        desk.get(reverse(LIST))


@pytest.mark.parametrize("rows", [1, 3])
def test_health_page_names_what_is_stuck(client, architect, make_due, team, rows, django_assert_num_queries):
    client.force_login(architect)
    for number in range(rows):
        channel = Channel.objects.create(name=f"通道{number}", driver="wecom_robot", secret=KEY, team=team)
        make_due(channel, 2)
    client.get(reverse("admin:channels_health"))
    with django_assert_num_queries(6):
        page = client.get(reverse("admin:channels_health")).content.decode()
    assert "通道0" in page
    assert "0 / 20" in page


def test_health_page_is_for_those_who_may_see_deliveries(client, make_user, team):
    client.force_login(make_user("service", Role.MEMBER_SERVICE, team))
    assert client.get(reverse("admin:channels_health")).status_code == 403
