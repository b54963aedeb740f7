"""Members."""

from django.utils.translation import gettext as _

from community_ops.sidebar_plan.entry import Entry


def section() -> tuple[str, list[Entry]]:
    """The section's title and entries."""
    return (
        _("成员"),
        [
            Entry(
                _("成员"),
                "person",
                "admin:members_member_changelist",
                "members.view_member",
                words="member 客户",
            ),
            Entry(
                _("导入成员"),
                "upload_file",
                "admin:imports_importjob_wizard",
                "imports.add_importjob",
                "?target=members",
                words="import csv excel",
            ),
            Entry(
                _("导入任务"),
                "history",
                "admin:imports_importjob_changelist",
                "imports.view_importjob",
                words="import job",
            ),
            Entry(_("标签"), "sell", "admin:members_tag_changelist", "members.view_tag", words="tag"),
            Entry(_("等级"), "stars", "admin:members_tier_changelist", "members.view_tier", words="tier"),
        ],
    )
