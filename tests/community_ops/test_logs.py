"""Logs carry no personal data and no keys (M3, M5)."""

import io
import json
import logging
import logging.config

import pytest

from apps.core.logs import scrub
from community_ops.settings.logs import logging_config

SECRETS = ["13800138000", "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa", "sesame-open", "123456:ABC-DEF1234ghIkl"]
LINES = [
    "member +8613800138000 joined",
    "POST https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa",
    "Authorization token=sesame-open&x=1",
    "https://api.telegram.org/bot123456:ABC-DEF1234ghIkl/sendMessage",
]


@pytest.mark.parametrize(("line", "secret"), list(zip(LINES, SECRETS, strict=True)))
def test_scrub_hides_it(line, secret):
    assert secret not in scrub(line)


@pytest.mark.parametrize("as_json", [True, False])
def test_handler_leaks_neither_message_nor_traceback(as_json):
    config = logging_config(as_json=as_json, level="INFO")
    stream = io.StringIO()
    handler_config = config["handlers"]["console"]
    handler = logging.StreamHandler(stream)
    handler.addFilter(logging.config.DictConfigurator(config).configure_filter(config["filters"]["mask"]))
    formatter = logging.config.DictConfigurator(config).configure_formatter(
        config["formatters"][handler_config["formatter"]]
    )
    handler.setFormatter(formatter)
    logger = logging.getLogger("tests.leaks")
    logger.propagate = False
    logger.setLevel("INFO")
    logger.handlers.clear()
    logger.addHandler(handler)
    for line in LINES:
        logger.info("%s", line)
        try:
            raise ValueError(line)
        except ValueError:
            logger.exception("failed")
    text = stream.getvalue()
    assert "failed" in text
    for secret in SECRETS:
        assert secret not in text
    if as_json:
        for line in text.splitlines():
            json.loads(line)
