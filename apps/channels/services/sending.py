"""From a message to a verdict: build the request, make it, read the answer. No transaction is open here."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.channels.drivers.base import Content, Credentials, Outcome, Request, Verdict, content_from_snapshot
from apps.channels.drivers.registry import get_driver
from apps.channels.models import Channel
from apps.channels.services.leasing import Claimed, Lease
from apps.channels.services.steps import Finished, Started
from apps.core.errors import DomainError
from apps.core.outbound import NoAnswer, NotSent, shared_client


class Unsendable(Exception):
    """No request can be built; the message says why."""


def content_problems(*, channel: Channel, kind: str, content: Mapping[str, Any]) -> list[str]:
    """Why the channel's platform would refuse this content, in sentences; empty if it is fine.

    ``content`` is a snapshot as ``Delivery.content`` has it. For previews and before submitting.
    """
    try:
        neutral = load_content({**content, "kind": kind})
    except Unsendable as error:
        return [str(error)]
    return [str(problem) for problem in get_driver(channel.driver).problems(neutral)]


def load_content(snapshot: Mapping[str, Any], *, key: str = "", recipient: str = "") -> Content:
    """Read a snapshot, with the bytes of its image. Raises ``Unsendable``."""
    image = b""
    if snapshot.get("kind") == "image":
        try:
            with default_storage.open(snapshot.get("path", "")) as file:
                image = file.read()
        except (OSError, ValueError):
            raise Unsendable(_("图片文件找不到了，请重新上传。")) from None
    return content_from_snapshot(snapshot, image, key=key, recipient=recipient)


def prepare(lease: Lease, message: Claimed, *, now: datetime | None = None) -> Request:
    """Build the request. Raises ``Unsendable``: nothing has been committed yet, so nothing is in doubt."""
    try:
        driver = get_driver(lease.driver)
    except KeyError:
        raise Unsendable(_("没有名为“%(driver)s”的发送方式。") % {"driver": lease.driver}) from None
    if not lease.secret:
        raise Unsendable(_("通道的密钥读不出来，请重新填写。"))
    content = load_content(
        {**message.content, "kind": message.kind}, key=message.key, recipient=message.recipient
    )
    problems = driver.problems(content)
    if problems:
        raise Unsendable(str(problems[0]))
    credentials = Credentials(
        secret=lease.secret,
        signing_secret=lease.signing_secret,
        base_url=getattr(settings, driver.base_setting) if driver.base_setting else "",
    )
    try:
        return driver.build(
            content, credentials=credentials, address=message.address, now=now or timezone.now()
        )
    except DomainError as error:
        raise Unsendable(str(error)) from None


def perform(started: Started, request: Request) -> Finished:
    """Make the request and return its verdict (D3, D4). Never raises for what the network does."""
    driver = get_driver(started.lease.driver)
    client = shared_client(is_guarded=request.is_guarded)
    try:
        answer = client.send(request.method, request.url, headers=request.headers, body=request.body)
    except NotSent as error:
        return Finished(
            started, Verdict(Outcome.RETRY, code="not_sent", detail=_reason(error)), is_unsent=True
        )
    except NoAnswer:
        detail = _("请求已发出，但没有等到平台的回答。请到群里看一眼，再标记已发或重发。")
        return Finished(started, Verdict(Outcome.AMBIGUOUS, code="no_answer", detail=detail))
    try:
        verdict = driver.read(answer.status, answer.headers, answer.body)
    except Exception as error:
        detail = _("读取平台回答时出错：%(error)s") % {"error": type(error).__name__}
        verdict = Verdict(Outcome.AMBIGUOUS, code="unreadable", detail=detail)
    return Finished(started, verdict, status=answer.status)


def _reason(error: NotSent) -> str:
    return str(error) or type(error).__name__
