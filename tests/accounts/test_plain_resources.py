"""The other plain models by CSV: out and in again, scoped, never with secrets."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation

from apps.accounts.admin import import_export
from apps.accounts.admin.import_export import DetectedCSV
from apps.accounts.admin.teams import TeamResource
from apps.accounts.enums import Role
from apps.accounts.models import Team
from apps.channels.admin.channel_resource import ChannelResource
from apps.channels.models import Channel
from apps.members.admin.vocabulary import TagResource, TierResource
from apps.members.models import Tag, Tier


def again(resource, user):
    data = DetectedCSV().export_data(resource(user=user).export())
    result = resource(user=user).import_data(DetectedCSV().create_dataset(data), user=user, raise_errors=True)
    return data.decode("utf-8-sig"), result.totals


@pytest.mark.parametrize(
    ("resource", "make"),
    [
        (TeamResource, lambda: Team.objects.create(name="@华南", note="=1+1")),
        (TagResource, lambda: Tag.objects.create(name="-宝妈", category="人群")),
        (TierResource, lambda: Tier.objects.create(name="金卡", rank=3)),
    ],
)
def test_comes_back_unchanged(architect, resource, make):
    make()
    text, totals = again(resource, architect)
    assert totals["skip"] == 1
    assert totals["new"] == totals["update"] == 0
    assert "\n=" not in text


def test_channels_leave_without_their_secrets(architect, team):
    Channel.objects.create(
        name="机器人1", driver="wecom_robot", team=team, secret="693a91f6-1111-4bc4-97a0-0ec2sifa5aaa",
        signing_secret="SECabc123456789",
    )  # fmt: skip
    text, totals = again(ChannelResource, architect)
    assert "693a91f6" not in text
    assert "SECabc" not in text
    assert totals["skip"] == 1
    assert Channel.objects.get().secret.startswith("693a91f6")


def test_imported_robot_waits_for_its_key(make_user, team):
    operator = make_user("operator", Role.GROUP_OPERATOR, team)
    data = "通道名称,发送方式,平台\n机器人9,企业微信群机器人,企业微信\n前台,人工发送,微信\n"
    ChannelResource(user=operator).import_data(
        DetectedCSV().create_dataset(data.encode("gb18030")), user=operator, raise_errors=True
    )
    robot = Channel.objects.get(name="机器人9")
    assert (robot.state, robot.team) == ("paused", team)
    assert "密钥" in robot.state_reason
    assert Channel.objects.get(name="前台").state == "active"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_words_of_either_language_are_understood(architect, language):
    data = "通道名称,发送方式,平台\n甲,人工发送,微信\n乙,Manual sending,WeChat\n"
    with translation.override(language):
        ChannelResource(user=architect).import_data(
            DetectedCSV().create_dataset(data.encode()), user=architect, raise_errors=True
        )
    assert set(Channel.objects.values_list("driver", "platform")) == {("manual", "wechat")}


def test_a_channel_that_changes_its_way_of_sending_by_file_waits_for_its_key(make_user, team):
    """Else it stays active without a key, and every message that falls due fails."""
    operator = make_user("operator", Role.GROUP_OPERATOR, team)
    Channel.objects.create(name="前台", driver="manual", platform="wechat", team=team)
    data = "通道名称,发送方式,平台\n前台,企业微信群机器人,企业微信\n"
    ChannelResource(user=operator).import_data(
        DetectedCSV().create_dataset(data.encode()), user=operator, raise_errors=True
    )
    channel = Channel.objects.get()
    assert (channel.driver, channel.state, channel.secret) == ("wecom_robot", "paused", "")


def test_a_plain_file_has_a_limit(client, architect, monkeypatch):
    """S3: such files are read whole."""
    monkeypatch.setattr(import_export, "MAX_BYTES", 1024)
    client.force_login(architect)
    file = SimpleUploadedFile("标签.csv", ("标签名称,分类\n" + "宝妈,人群\n" * 200).encode())
    answer = client.post(reverse("admin:members_tag_import"), {"import_file": file, "format": "0"})
    assert "最多" in str(answer.context["form"].errors["import_file"])
