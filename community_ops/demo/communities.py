"""Twenty robots, one person who copies and pastes, and the sixty groups of ``demo/data/groups.csv``."""

from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings

from apps.accounts.admin.import_export import DetectedCSV
from apps.accounts.models import Team, User
from apps.channels.enums import Platform
from apps.channels.models import Channel
from apps.groups.admin.group_resource import GroupImportResource
from apps.groups.enums import GroupStage
from apps.groups.models import Group
from apps.groups.services.groups import assign, change_stage

DATA = settings.BASE_DIR / "demo" / "data"
ROBOTS = 20
BY_HAND = "微信人工发送"

#: How the sixty groups spread over the stages, in turn.
_STAGES = (
    GroupStage.ACTIVE,
    GroupStage.ACTIVE,
    GroupStage.STEADY,
    GroupStage.RECRUITING,
    GroupStage.ACTIVE,
    GroupStage.QUIET,
)


def robot_key(number: int) -> str:
    """The key of robot ``number``: always the same, so that the simulator and the database agree."""
    return str(uuid5(NAMESPACE_URL, f"https://demo.invalid/robots/{number}"))


def load_channels(*, owner: User) -> None:
    """Create the channels that are missing."""
    teams = list(Team.objects.order_by("pk"))
    for number in range(1, ROBOTS + 1):
        Channel.objects.get_or_create(
            name=f"机器人{number}",
            defaults={
                "driver": "wecom_robot",
                "platform": Platform.WECOM,
                "team": teams[(number - 1) * len(teams) // ROBOTS],
                "owner": owner,
                "secret": robot_key(number),
            },
        )
    for team in teams:
        Channel.objects.get_or_create(
            name=f"{BY_HAND} · {team.name}",
            defaults={"driver": "manual", "platform": Platform.WECHAT, "team": team, "owner": owner},
        )


def load_groups(*, actor: User, operators: list[User], now: datetime) -> int:
    """Import the file by the real importer, then give each group a team, an owner and a stage."""
    dataset = DetectedCSV().create_dataset((DATA / "groups.csv").read_bytes())
    GroupImportResource(user=actor).import_data(dataset, user=actor, raise_errors=True)
    groups = list(Group.objects.select_related("channel__team").order_by("pk"))
    by_hand = {channel.team_id: channel for channel in Channel.objects.filter(name__startswith=BY_HAND)}
    for index, group in enumerate(groups):
        team = group.channel.team if group.channel else None
        if team is None:
            continue
        own = [user for user in operators if user.teams.filter(pk=team.pk).exists()]
        # A robot speaks in WeCom; into a personal WeChat group a person carries the message.
        channel = by_hand[team.pk] if group.platform == Platform.WECHAT else group.channel
        assign(
            groups=[group],
            actor=actor,
            now=now,
            team=team,
            owner=own[index % len(own)] if own else None,
            channel=channel,
        )
        change_stage(group=group, stage=_STAGES[index % len(_STAGES)], actor=actor, now=now)
    return len(groups)
