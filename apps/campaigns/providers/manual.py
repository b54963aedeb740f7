"""Manual: staff send the red packet in the group or by transfer, and mark it here."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from apps.campaigns.providers.base import PacketFacts, PacketVerdict
from apps.orders.providers.base import Answer, Credentials, Request


class Manual:
    """The sender never asks it for a request: it leaves these to the staff page."""

    key = "manual"
    label = _("人工发放")
    help_text = _("客服在微信里发红包或转账，然后在这里标记“已发”。")
    variables: Mapping[str, str] = {}
    is_by_person = True
    is_idempotent = False
    identity_kind = ""

    def request(self, packet: PacketFacts, *, credentials: Credentials, now: datetime) -> Request:
        raise NotImplementedError("a person pays these")

    def read(self, answer: Answer, *, credentials: Credentials, now: datetime) -> PacketVerdict:
        raise NotImplementedError("a person pays these")

    def query(self, packet: PacketFacts, *, credentials: Credentials, now: datetime) -> Request:
        raise NotImplementedError("a person pays these")

    def read_query(self, answer: Answer, *, credentials: Credentials, now: datetime) -> PacketVerdict:
        raise NotImplementedError("a person pays these")


PROVIDER = Manual()
