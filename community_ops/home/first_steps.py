"""What a newcomer does next: members, groups, a channel, a post."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.channels.models import Channel
from apps.content_calendar.models import Post
from apps.groups.models import Group
from apps.members.models import Member
from community_ops.home.links import link


@dataclass(frozen=True)
class Step:
    label: str
    help_text: str
    url: str
    is_done: bool


def first_steps(user: User) -> list[Step]:
    """The steps that this user may take, or nothing once there is a post (one query then, four before)."""
    if Post.objects.visible_to(user).exists():
        return []
    steps: list[Step] = []
    if user.has_perm("imports.add_importjob"):
        steps.append(
            Step(
                _("导入成员"),
                _("把 Excel 里的名单存成 CSV 传上来，编码和列名自动识别。"),
                link("imports_importjob_wizard", target="members") or link("members_member_changelist"),
                Member.objects.visible_to(user).exists(),
            )
        )
    if user.has_perm("channels.add_channel"):
        steps.append(
            Step(
                _("接通道"),
                _("贴上群机器人的密钥；个人微信群用“人工发送”。"),
                link("channels_channel_add"),
                Channel.objects.visible_to(user).exists(),
            )
        )
    if user.has_perm("groups.add_group"):
        steps.append(
            Step(
                _("建群"),
                _("填好定位卡七步，或导入 groups.csv。"),
                link("groups_group_add"),
                Group.objects.visible_to(user).exists(),
            )
        )
    if user.has_perm("content_calendar.add_post"):
        steps.append(
            Step(
                _("写帖子"),
                _("选好群和时间，预览，提交，等同事审批。"),
                link("content_calendar_post_add"),
                False,
            )
        )
    return steps
