"""Asking WeChat who came back with a code."""

import logging

from django.conf import settings
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.outbound import NoAnswer, NotSent
from apps.h5.providers import wechat_oauth
from apps.h5.providers.requests import Refused
from apps.h5.providers.wechat_oauth import Account, WechatUser
from apps.h5.services.asking import ask

logger = logging.getLogger(__name__)


def account() -> Account | None:
    """The official account of settings; ``None`` if log-in by WeChat is off."""
    found = Account(**settings.WECHAT_OAUTH)
    return found if found.is_complete else None


def user_of_code(code: str) -> WechatUser:
    """Who authorised us. Not inside a transaction: it asks WeChat.

    Raises ``DomainError``: ``stale`` for a code that is used or expired (start again), ``snapshot`` for the account
    that WeChat lends to a preview, ``unreachable`` otherwise.
    """
    asking = account()
    if asking is None:
        raise DomainError(_("这里没有开通微信登录。"), hint=_("请用手机号登录。"), code="not_configured")
    try:
        ticket = wechat_oauth.read_ticket(ask(wechat_oauth.ticket_request(asking, code)))
    except Refused as error:
        raise _problem(error) from None
    except (NotSent, NoAnswer) as error:
        raise _unreachable(error) from None
    if wechat_oauth.INFO_SCOPE not in ticket.scope.split(","):
        return ticket.user
    try:
        return wechat_oauth.read_info(ask(wechat_oauth.info_request(asking, ticket)), ticket)
    except (Refused, NotSent, NoAnswer) as error:
        # Who it is, is known; a name is a nicety.
        logger.warning("WeChat told no name: %s", error)
        return ticket.user


def _problem(error: Refused) -> DomainError:
    if error.code == wechat_oauth.SNAPSHOT:
        return DomainError(
            _("现在是微信的预览页面，认不出你。"),
            hint=_("请点屏幕下方的“使用完整服务”，再登录。"),
            code="snapshot",
        )
    if error.code in wechat_oauth.STALE_CODES:
        return DomainError(_("这次微信授权已失效。"), hint=_("请再点一次“微信登录”。"), code="stale")
    return _unreachable(error)


def _unreachable(error: Exception) -> DomainError:
    logger.error("log-in by WeChat: %s", error)
    return DomainError(
        _("微信暂时没有响应。"), hint=_("请过一会儿再试，或用手机号登录。"), code="unreachable"
    )
