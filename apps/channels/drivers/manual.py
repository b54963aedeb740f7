"""Manual: a person copies the text into the group and ticks it off. For personal WeChat and QQ groups."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from apps.channels.drivers.base import Content, Credentials, Request, Text, Verdict


class Manual:
    """Automating personal accounts gets them banned; copy and confirm is what is right instead."""

    key = "manual"
    label = _("人工发送")
    platform = ""
    secret_label = ""
    signing_label = ""
    address_label = ""
    help_text = _("到点后进入“人工发送”收件箱：复制文案、打开群、发送、打勾。适合微信、QQ 个人群。")
    base_setting = ""
    is_manual = True
    default_rate = (1000, 60)

    def clean_secret(self, secret: str) -> str:
        return ""

    def problems(self, content: Content) -> list[Text]:
        return []

    def build(self, content: Content, *, credentials: Credentials, address: str, now: datetime) -> Request:
        raise NotImplementedError("a person sends these")

    def read(self, status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
        raise NotImplementedError("a person sends these")


DRIVER = Manual()
