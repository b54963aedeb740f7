"""群组的 CSV: the spreadsheet that operators keep, in and out."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.widgets import CharWidget

from apps.accounts.admin.import_export import (
    ChoiceWidget,
    CountWidget,
    DayWidget,
    NamedWidget,
    PlainResource,
    TeamWidget,
)
from apps.accounts.models import Team
from apps.channels.enums import Platform
from apps.channels.models import Channel
from apps.core.errors import DomainError
from apps.groups.enums import STAGE_MOVES, Admission, GroupKind, GroupStage, Lifetime
from apps.groups.models import Group
from apps.groups.services.groups import change_stage, refresh_teams, robot_channel

#: Words that operators' own spreadsheets use.
_KIND_WORDS = {
    "VIP群": GroupKind.VIP,
    "会员群": GroupKind.VIP,
    "学习群": GroupKind.LEARNING,
    "成长群": GroupKind.LEARNING,
    "品牌群": GroupKind.BRAND,
    "IP群": GroupKind.BRAND,
    "代理群": GroupKind.AGENT,
    "同好群": GroupKind.INTEREST,
}
_ADMISSION_WORDS = {"免费": Admission.FREE, "筛选": Admission.FREE, "邀请制": Admission.INVITE}
_PLATFORM_WORDS = {"企微": Platform.WECOM, "个微": Platform.WECHAT, "tg": Platform.TELEGRAM}
_LIFETIME_WORDS = {"短期": Lifetime.SHORT}


class RobotWidget(NamedWidget):
    """A channel by its name. A missing one is made later, in ``GroupResource``: here it is no error."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Channel | None:
        return Channel.objects.filter(name=str(value).strip()).first()


class GroupResource(PlainResource):
    """One row per group, matched by its name. Headers as in the operators' own file."""

    name = Field("name", "群名称", CharWidget())
    kind = Field("kind", "类型", ChoiceWidget(GroupKind.choices, _KIND_WORDS))
    platform = Field("platform", "平台", ChoiceWidget(Platform.choices, _PLATFORM_WORDS))
    leader_name = Field("leader_name", "群主", CharWidget())
    capacity = Field("capacity", "容量", CountWidget())
    positioning = Field("positioning", "定位", CharWidget())
    admission = Field("admission", "入群方式", ChoiceWidget(Admission.choices, _ADMISSION_WORDS))
    rules = Field("rules", "群规", CharWidget())
    starts_on = Field("starts_on", "开始日期", DayWidget())
    ends_on = Field("ends_on", "结束日期", DayWidget())
    channel = Field("channel", "机器人名称", RobotWidget(Channel, "name"))
    stage = Field("stage", "阶段", ChoiceWidget(GroupStage.choices))
    team = Field("team", "团队", TeamWidget())
    goal = Field("goal", "目标", CharWidget())
    lifetime = Field("lifetime", "周期", ChoiceWidget(Lifetime.choices, _LIFETIME_WORDS))
    audience = Field("audience", "人群画像", CharWidget())
    content_plan = Field("content_plan", "内容", CharWidget())
    service_plan = Field("service_plan", "服务", CharWidget())
    monetisation = Field("monetisation", "变现", CharWidget())
    channel_address = Field("channel_address", "群内地址", CharWidget())

    class Meta(PlainResource.Meta):
        model = Group
        import_id_fields = ["name"]
        fields = [
            "name", "kind", "platform", "leader_name", "capacity", "positioning", "admission", "rules",
            "starts_on", "ends_on", "channel", "stage", "team", "goal", "lifetime", "audience",
            "content_plan", "service_plan", "monetisation", "channel_address",
        ]  # fmt: skip
        export_order = fields

    def filter_export(self, queryset: Any, **kwargs: Any) -> Any:
        return queryset.select_related("channel", "team")


class GroupImportResource(GroupResource):
    """As ``GroupResource``, with a column in the preview that says what will happen besides."""

    note = Field("import_note", "提示", readonly=True)

    class Meta(GroupResource.Meta):
        fields = [*GroupResource.Meta.fields, "note"]
        export_order = fields

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.moved_ids: list[int] = []
        self.new_robots: set[str] = set()

    def after_init_instance(self, instance: Any, new: bool, row: Any, **kwargs: Any) -> None:
        instance.import_note = ""
        if new and self.user is not None:
            instance.team = self._own_team()
        instance.team_before_id = None if new else instance.team_id
        instance.stage_before = None if new else instance.stage

    def import_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        super().import_instance(instance, row, **kwargs)
        if instance.team is None and not self._sees_all():
            raise ValidationError({"team": _("请加一列“团队”，写明这个群归哪个团队。")})
        self._check_stage(instance)
        robot = str(row.get("机器人名称") or "").strip()
        if not robot:
            return
        try:
            instance.channel, is_new = robot_channel(
                name=robot, platform=instance.platform, team=instance.team, actor=self.user
            )
        except DomainError as error:
            raise ValidationError({"channel": str(error)}) from error
        if is_new:
            self.new_robots.add(robot)
        if robot in self.new_robots:
            instance.import_note = _("新建通道“%s”（人工发送），填好密钥后可改为机器人发送") % robot

    def before_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        """A known group's stage is left to the service, which asks the table and audits."""
        instance.stage_wanted = instance.stage
        if instance.stage_before is not None:
            instance.stage = instance.stage_before

    def after_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        change_stage(
            group=instance,
            stage=instance.stage_wanted,
            actor=self.user,
            now=timezone.now(),
            reason=_("CSV 导入"),
        )
        if instance.team_before_id != instance.team_id:
            self.moved_ids.append(instance.pk)

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        refresh_teams(group_ids=self.moved_ids)
        super().after_import(dataset, result, **kwargs)

    @staticmethod
    def _check_stage(instance: Any) -> None:
        before, wanted = instance.stage_before, instance.stage
        if before in (None, wanted):
            return
        if wanted == GroupStage.CLOSED:
            raise ValidationError({"stage": _("结束一个群要写原因：请打开它，点“结束这个群”。")})
        if wanted not in STAGE_MOVES[before]:
            raise ValidationError(
                {"stage": _("这个群已结束：请先重新启用（招募期或活跃期），再改成别的阶段。")}
            )

    def _sees_all(self) -> bool:
        return self.user is None or self.user.has_perm("accounts.view_all_teams")

    def _own_team(self) -> Team | None:
        teams = list(self.user.teams.all()[:2]) if self.user is not None else []
        return teams[0] if len(teams) == 1 else None
