"""Two phones, a group with a link in it, and somebody of the staff who sees the money come in."""

import logging
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from apps.accounts.models import User
from apps.campaigns.models import Run
from apps.campaigns.services.sharing import link_for, short_url
from apps.core.clock import database_now
from apps.groups.enums import GroupKind
from apps.groups.models import Group
from tests.h5.browser.phone import Phone

# Playwright's synchronous API keeps an event loop in this thread, and Django would refuse to query from it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture
def phone(live_server: Any, browser: Browser, caplog: Any, settings: Any) -> Iterator[Callable[..., Phone]]:
    """``phone(has_scripts=False)`` → somebody's phone; at the end none of them may have seen a failure."""
    settings.SITE_URL = live_server.url
    caplog.set_level(logging.INFO)
    phones: list[Phone] = []

    def make(**options: Any) -> Phone:
        phones.append(Phone(browser, live_server.url, caplog, **options))
        return phones[-1]

    yield make
    for one in phones:
        one.context.close()
    assert [failure for one in phones for failure in one.failures] == []


@pytest.fixture
def group_link(transactional_db: None) -> Callable[[Run], str]:
    """The short link that a post in a group carries."""

    def make(run: Run) -> str:
        group, _made = Group.objects.get_or_create(name="尝鲜一群", kind=GroupKind.values[0])
        link = link_for(run=run, channel=group.platform, group=group, post_id=7, now=database_now())
        return short_url(link.code)

    return make


@pytest.fixture
def cashier(transactional_db: None) -> User:
    return User.objects.create_superuser("cashier", password="pass-word-1", display_name="收银")
