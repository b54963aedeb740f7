"""Who may do what."""

from django.utils.translation import gettext as _

from community_ops.sidebar_plan.entry import Entry


def section() -> tuple[str, list[Entry]]:
    """The section's title and entries."""
    return (
        _("设置"),
        [
            Entry(
                _("用户"),
                "manage_accounts",
                "admin:accounts_user_changelist",
                "accounts.view_user",
                words="user 账号",
            ),
            Entry(
                _("团队"),
                "diversity_3",
                "admin:accounts_team_changelist",
                "accounts.view_team",
                words="team",
            ),
            Entry(_("角色"), "badge", "admin:auth_group_changelist", "auth.view_group", words="role 权限"),
            Entry(
                _("审批记录"),
                "task_alt",
                "admin:accounts_approval_changelist",
                "accounts.view_approval",
                words="approval",
            ),
            Entry(
                _("审计"),
                "policy",
                "admin:accounts_auditentry_changelist",
                "accounts.view_auditentry",
                words="audit",
            ),
        ],
    )
