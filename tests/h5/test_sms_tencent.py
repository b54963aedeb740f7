"""Tencent Cloud SMS: our signature is theirs, and the verdict is in the body (D4)."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from apps.core.clock import database_now
from apps.core.errors import DomainError, Invalid
from apps.core.outbound import Answer
from apps.h5.models import PhoneCode
from apps.h5.providers import tencent_signing
from apps.h5.providers.requests import Refused
from apps.h5.providers.sms.base import CodeMessage, Credentials
from apps.h5.providers.sms.registry import all_senders
from apps.h5.services.phone_codes import check_code, send_code
from tests.h5.local_server import Asked, LocalServer

PHONE, KEY_ID, KEY = "+8613800138000", "AKIDtest", "secret-of-the-test"


def reply(code: str = "Ok", message: str = "send success") -> bytes:
    return json.dumps(
        {"Response": {"SendStatusSet": [{"Code": code, "Message": message, "Fee": 1}], "RequestId": "r"}}
    ).encode()


def refusal(code: str) -> bytes:
    return json.dumps({"Response": {"Error": {"Code": code, "Message": "no"}, "RequestId": "r"}}).encode()


def is_signed(asked: Asked) -> bool:
    """As the documents tell it, by other means than the adapter's: header by header."""
    stamp = int(asked.headers["x-tc-timestamp"])
    date = datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%d")
    request = "\n".join(
        [
            "POST",
            "/",
            "",
            f"content-type:{asked.headers['content-type']}",
            f"host:{asked.headers['host']}",
            f"x-tc-action:{asked.headers['x-tc-action'].lower()}",
            "",
            "content-type;host;x-tc-action",
            hashlib.sha256(asked.body).hexdigest(),
        ]
    )
    text = f"TC3-HMAC-SHA256\n{stamp}\n{date}/sms/tc3_request\n{hashlib.sha256(request.encode()).hexdigest()}"

    def mac(key: bytes, message: str) -> bytes:
        return hmac.new(key, message.encode(), "sha256").digest()

    signature = mac(mac(mac(mac(b"TC3" + KEY.encode(), date), "sms"), "tc3_request"), text).hex()
    return asked.headers["authorization"] == (
        f"TC3-HMAC-SHA256 Credential={KEY_ID}/{date}/sms/tc3_request, "
        f"SignedHeaders=content-type;host;x-tc-action, Signature={signature}"
    )


@pytest.fixture
def configure(settings):
    def set_to(url: str, **changes: str) -> None:
        settings.SMS_PROVIDER = "tencent"
        settings.SMS_CREDENTIALS = {
            "tencent": {
                "base": url,
                "region": "ap-guangzhou",
                "secret_id": KEY_ID,
                "secret_key": KEY,
                "app_id": "1400000001",
                "sign_name": "群策",
                "template_id": "1234567",
                "params": "code,minutes",
            }
            | changes
        }

    return set_to


def test_the_signature_is_that_of_the_documents():
    """The published example (cloud.tencent.com/document/api/213/30654)."""
    header = tencent_signing.authorization(
        {"content-type": "application/json; charset=utf-8", "host": "cvm.tencentcloudapi.com"},
        rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}',
        service="cvm",
        secret_id="AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
        secret_key="Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
        stamp=1551113065,
    )
    assert header.endswith("Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168")


def test_a_code_goes_out_signed_and_proves_the_phone(db, configure):
    now = database_now()
    with LocalServer(lambda asked: (200, reply() if is_signed(asked) else refusal("AuthFailure"))) as server:
        configure(server.url)
        sent = send_code(phone="138 0013 8000", ip_hash="", now=now)
        assert sent.shown == ""
        (asked,) = server.asked
    content: dict[str, Any] = json.loads(asked.body)
    code, minutes = content["TemplateParamSet"]
    assert minutes == "10"
    assert content["PhoneNumberSet"] == [PHONE]
    assert (content["SmsSdkAppId"], content["SignName"], content["TemplateId"]) == (
        "1400000001",
        "群策",
        "1234567",
    )
    assert (asked.headers["x-tc-action"], asked.headers["x-tc-version"]) == ("SendSms", "2021-01-11")
    assert check_code(phone=PHONE, code=code, now=now) == PHONE


def test_a_template_with_one_parameter_gets_one(db, configure):
    with LocalServer(lambda asked: (200, reply())) as server:
        configure(server.url, params="code")
        send_code(phone=PHONE, ip_hash="", now=database_now())
        assert len(json.loads(server.asked[0].body)["TemplateParamSet"]) == 1


@pytest.mark.parametrize(
    "answer",
    [
        reply("LimitExceeded.PhoneNumberDailyLimit"),
        reply("FailedOperation.SignatureIncorrectOrUnapproved"),
        refusal("AuthFailure.SignatureFailure"),
        b"<html>",
        b"[]",
        b'{"Response": {"SendStatusSet": []}}',
    ],
)
def test_a_refusal_in_the_body_kills_the_code(db, configure, answer):
    now = database_now()
    with LocalServer(lambda asked: (200, answer)) as server:
        configure(server.url)
        with pytest.raises(DomainError) as problem:
            send_code(phone=PHONE, ip_hash="", now=now)
        code = json.loads(server.asked[0].body)["TemplateParamSet"][0]
    assert problem.value.code == "unreachable"
    assert PhoneCode.objects.get().used_at is not None
    with pytest.raises(Invalid):
        check_code(phone=PHONE, code=code, now=now)


def test_without_an_answer_the_code_may_have_arrived(db, configure):
    now = database_now()
    with LocalServer(lambda asked: (200, None)) as server:
        configure(server.url)
        send_code(phone=PHONE, ip_hash="", now=now)
        code = json.loads(server.asked[0].body)["TemplateParamSet"][0]
    assert check_code(phone=PHONE, code=code, now=now) == PHONE


def test_nobody_there_is_said_so(db, configure):
    configure("http://127.0.0.1:9")
    with pytest.raises(DomainError) as problem:
        send_code(phone=PHONE, ip_hash="", now=database_now())
    assert problem.value.code == "unreachable"


def test_secrets_are_not_printed():
    provider = all_senders()["tencent"]
    values = Credentials({"secret_key": KEY, "secret_id": KEY_ID, "base": "https://x.example"})
    message = CodeMessage(PHONE, "123456", 10)
    request = provider.request(message, credentials=values, now=datetime(2026, 3, 2, tzinfo=UTC))
    printed = repr((values, message, request))
    assert not any(secret in printed for secret in (KEY, "123456", PHONE))


def test_every_sender_says_whether_it_is_for_development():
    assert {key: sender.is_for_development for key, sender in all_senders().items()} == {
        "console": True,
        "tencent": False,
    }
    with pytest.raises(Refused):
        all_senders()["console"].read(Answer(200, {}, b""))
