"""通道的 CSV: everything but the secrets, which neither leave nor enter in a file."""

from typing import Any

from django.utils.translation import gettext
from import_export.fields import Field
from import_export.widgets import CharWidget

from apps.accounts.admin.import_export import (
    ChoiceWidget,
    CountWidget,
    NamedWidget,
    PlainResource,
    TeamWidget,
)
from apps.accounts.models import User
from apps.channels.drivers.registry import driver_choices
from apps.channels.enums import ChannelState, Platform
from apps.channels.models import Channel


class ChannelResource(PlainResource):
    """One row per channel, matched by its name. A new robot comes in paused until its key is filled in."""

    name = Field("name", "通道名称", CharWidget())
    driver = Field("driver", "发送方式", ChoiceWidget(driver_choices()))
    platform = Field("platform", "平台", ChoiceWidget(Platform.choices))
    team = Field("team", "团队", TeamWidget())
    owner = Field("owner", "负责人用户名", NamedWidget(User, "username"))
    rate_limit = Field("rate_limit", "限速条数", CountWidget())
    rate_window_seconds = Field("rate_window_seconds", "限速窗口秒", CountWidget())
    state = Field("state", "状态", ChoiceWidget(ChannelState.choices), readonly=True)

    class Meta(PlainResource.Meta):
        model = Channel
        import_id_fields = ["name"]
        fields = [
            "name", "driver", "platform", "team", "owner", "rate_limit", "rate_window_seconds", "state",
        ]  # fmt: skip
        export_order = fields

    def filter_export(self, queryset: Any, **kwargs: Any) -> Any:
        return queryset.select_related("team", "owner")

    def after_init_instance(self, instance: Any, new: bool, row: Any, **kwargs: Any) -> None:
        instance.driver_before = None if new else instance.driver
        if new and self.user is not None:
            teams = list(self.user.teams.all()[:2])
            instance.team = teams[0] if len(teams) == 1 else None

    def before_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        if instance.driver == instance.driver_before:
            return
        # Another way of sending needs another key: with the old one every message would fail.
        instance.secret = instance.signing_secret = ""
        if instance.driver != "manual" and instance.state == ChannelState.ACTIVE:
            instance.state = ChannelState.PAUSED
            instance.state_reason = gettext("导入的通道还没有密钥，填好后再恢复。")
