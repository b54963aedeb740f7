"""Tencent Cloud SMS: SendSms of API 3.0, version 2021-01-11 (cloud.tencent.com/document/product/382/55981)."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from apps.core.outbound import Answer
from apps.h5.providers import tencent_signing
from apps.h5.providers.requests import Refused, Request
from apps.h5.providers.sms.base import CodeMessage, Credentials

_TYPE = "application/json; charset=utf-8"
#: Worth another try; all other codes name a setting, a template or a number that stays wrong.
_PASSING = ("RequestLimitExceeded", "InternalError", "LimitExceeded.")


class TencentSms:
    """One approved template whose parameters are named, in order, by ``params`` (``code,minutes``)."""

    key = "tencent"
    label = _("腾讯云短信")
    variables: Mapping[str, str] = {
        "base": "TENCENT_SMS_BASE",
        "region": "TENCENT_SMS_REGION",
        "secret_id": "TENCENT_SMS_SECRET_ID",
        "secret_key": "TENCENT_SMS_SECRET_KEY",
        "app_id": "TENCENT_SMS_APP_ID",
        "sign_name": "TENCENT_SMS_SIGN_NAME",
        "template_id": "TENCENT_SMS_TEMPLATE_ID",
    }
    is_for_development = False

    def request(self, message: CodeMessage, *, credentials: Credentials, now: datetime) -> Request | None:
        known = {"code": message.code, "minutes": str(message.minutes)}
        names = (credentials["params"] or "code,minutes").split(",")
        content = {
            "PhoneNumberSet": [message.phone],
            "SmsSdkAppId": credentials["app_id"],
            "SignName": credentials["sign_name"],
            "TemplateId": credentials["template_id"],
            "TemplateParamSet": [known[name.strip()] for name in names if name.strip() in known],
        }
        body = json.dumps(content, ensure_ascii=False).encode()
        stamp = int(now.timestamp())
        signed = {
            "content-type": _TYPE,
            "host": urlsplit(credentials["base"]).netloc,
            "x-tc-action": "SendSms",
        }
        headers = {
            "Content-Type": _TYPE,
            "Host": signed["host"],
            "Authorization": tencent_signing.authorization(
                signed,
                body,
                service="sms",
                secret_id=credentials["secret_id"],
                secret_key=credentials["secret_key"],
                stamp=stamp,
            ),
            "X-TC-Action": "SendSms",
            "X-TC-Version": "2021-01-11",
            "X-TC-Region": credentials["region"],
            "X-TC-Timestamp": str(stamp),
        }
        return Request("POST", credentials["base"], headers, body)

    def read(self, answer: Answer) -> None:
        """HTTP 200 carries refusals too, of the request as a whole or of the number."""
        try:
            found: Any = json.loads(answer.body)["Response"]
            problem = found.get("Error") or found["SendStatusSet"][0]
            code, words = str(problem["Code"]), str(problem.get("Message", ""))
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
            raise Refused(f"http_{answer.status}", "unreadable", is_final=False) from None
        if code != "Ok":
            raise Refused(code, words[:200], is_final=not code.startswith(_PASSING))


PROVIDER = TencentSms()
