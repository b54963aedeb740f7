"""Groups and the channels that reach them."""

from django.utils.translation import gettext as _

from community_ops.sidebar_plan.entry import Entry


def section() -> tuple[str, list[Entry]]:
    """The section's title and entries."""
    return (
        _("社群"),
        [
            Entry(
                _("社群"),
                "forum",
                "admin:groups_group_changelist",
                "groups.view_group",
                words="group 群",
            ),
            Entry(
                _("看板"),
                "view_kanban",
                "admin:groups_group_board",
                "groups.view_group",
                words="board 阶段",
            ),
            Entry(
                _("群成员"),
                "groups",
                "admin:groups_membership_changelist",
                "groups.view_membership",
                words="membership",
            ),
            Entry(
                _("通道"),
                "smart_toy",
                "admin:channels_channel_changelist",
                "channels.view_channel",
                words="channel 机器人 robot webhook",
            ),
        ],
    )
