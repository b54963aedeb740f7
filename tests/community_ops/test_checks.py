"""System checks catch mistakes in the settings, each with what to do."""

import pytest
from cryptography.fernet import Fernet

from community_ops.checks import check_settings

GOOD = {
    "PRODUCTION": True,
    "SECRET_KEY": "a-real-secret-key-that-nobody-else-has-0123456789-abcdefgh",
    "DATABASE_IS_EMBEDDED": False,
    "REDIS_IS_EMBEDDED": False,
    "FIELD_ENCRYPTION_KEYS": [Fernet.generate_key().decode()],
    "FAILPOINT": "",
    "SITE_URL": "https://qunce.example.com",
    "ALLOWED_HOSTS": ["qunce.example.com"],
    "WECOM_API_BASE": "https://qyapi.weixin.qq.com",
    "SMS_PROVIDER": "",
}


def ids(settings, **changes) -> list[str]:
    for name, value in {**GOOD, **changes}.items():
        setattr(settings, name, value)
    return [message.id for message in check_settings()]


def test_good_production_settings_are_silent(settings):
    assert ids(settings) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"FIELD_ENCRYPTION_KEYS": ["short"]}, "portal.E001"),
        ({"FIELD_ENCRYPTION_KEYS": []}, "portal.E004"),
        ({"DATABASE_IS_EMBEDDED": True}, "portal.E003"),
        ({"REDIS_IS_EMBEDDED": True}, "portal.E003"),
        ({"FAILPOINT": "delivery.claimed"}, "portal.E005"),
        ({"SITE_URL": "qunce.example.com"}, "portal.W001"),
        ({"SITE_URL": "https://qunce.example.com/"}, "portal.W001"),
        ({"SITE_URL": "http://localhost:8000"}, "portal.W002"),
        ({"WECOM_API_BASE": "http://127.0.0.1:8001"}, "portal.W003"),
        ({"ALLOWED_HOSTS": ["*"]}, "portal.W004"),
        ({"SMS_PROVIDER": "pigeon"}, "portal.E006"),
        ({"SMS_PROVIDER": "tencent"}, "portal.E006"),
        ({"SMS_PROVIDER": "console"}, "portal.E007"),
        ({"SMS_CODE_ON_PAGE": True}, "portal.E007"),
    ],
)
def test_each_mistake_has_its_own_message(settings, changes, expected):
    assert expected in ids(settings, **changes)


def test_development_key_is_refused_in_production(settings):
    assert "portal.E002" in ids(settings, SECRET_KEY=settings.DEVELOPMENT_SECRET_KEY)


def test_development_settings_are_silent(settings):
    development = {"PRODUCTION": False, "SITE_URL": "http://localhost:8000", "SMS_PROVIDER": "console"}
    assert ids(settings, DATABASE_IS_EMBEDDED=True, SMS_CODE_ON_PAGE=True, **development) == []
