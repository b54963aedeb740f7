"""角色: the shipped roles, shown and not edited, since a release brings them in line again."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group as AuthGroup
from django.contrib.auth.models import Permission
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from apps.accounts.admin.base import ReadOnlyModelAdmin
from apps.accounts.enums import Role
from apps.core.sentences import listed

_VERBS = {"view": _("查看"), "add": _("新增"), "change": _("修改"), "delete": _("删除")}
_DUTIES = {
    Role.ARCHITECT: _("目标、模板、团队、审批、设置：全部"),
    Role.GROUP_OPERATOR: _("社群、成员、入群、人工发送、异常处理"),
    Role.CONTENT_EDITOR: _("素材、日历、帖子；不能审批自己的内容"),
    Role.ANALYST: _("所有数据只读，导出时个人信息打码"),
    Role.MEMBER_SERVICE: _("查成员、核销、发礼品"),
}


def role_label(group: AuthGroup) -> str:
    """The Chinese name of a shipped role; a group of somebody's own keeps its name."""
    return str(Role(group.name).label) if group.name in Role.values else group.name


admin.site.unregister(AuthGroup)


@admin.register(AuthGroup)
class RoleAdmin(ReadOnlyModelAdmin):
    list_display = ["label", "duty", "user_count"]
    fields = ["label", "duty", "user_count", "permission_table"]
    ordering = ["pk"]
    search_fields = ["name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuthGroup]:
        return super().get_queryset(request).annotate(users=Count("user"))

    @display(description=_("角色"))
    def label(self, group: AuthGroup) -> str:
        return role_label(group)

    @display(description=_("职责"))
    def duty(self, group: AuthGroup) -> str:
        return str(_DUTIES.get(group.name, ""))  # type: ignore[call-overload]

    @display(description=_("人数"))
    def user_count(self, group: Any) -> int:
        return group.users

    @display(description=_("权限"))
    def permission_table(self, group: AuthGroup) -> SafeString | str:
        """One line per model: which of the four verbs, then the special permissions in words."""
        lines: dict[tuple[str, str], list[str]] = {}
        rows = Permission.objects.filter(group=group).select_related("content_type").order_by("pk")
        for permission in rows:
            model = permission.content_type.model_class()
            if model is None:
                continue
            verb, _sep, noun = permission.codename.partition("_")
            special = verb not in _VERBS or noun != model._meta.model_name
            app = str(model._meta.app_config.verbose_name)
            word = gettext(permission.name) if special else str(_VERBS[verb])
            lines.setdefault((app, str(model._meta.verbose_name)), []).append(word)
        return format_html_join(
            "", "<div>{} / {} — {}</div>", ((a, m, listed(w)) for (a, m), w in lines.items())
        )
