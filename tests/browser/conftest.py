"""A real browser on the running site."""

import os
from collections.abc import Callable

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import Browser, Page

from apps.accounts.models import User

# Playwright's synchronous API keeps an event loop in this thread, and Django would refuse to query from it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(autouse=True)
def _roles(transactional_db: None) -> None:
    """A flushed database has lost the shipped roles."""
    from community_ops.roles import sync_roles

    sync_roles()


@pytest.fixture
def open_as(live_server, browser: Browser, request: pytest.FixtureRequest) -> Callable[..., Page]:
    """``open_as(user, "/admin/", width=390)`` → a page with that user signed in; scripts must not fail."""
    contexts = []
    failures: list[str] = []

    def open_page(user: User, path: str = "/admin/", *, width: int = 1280, dark: bool = False) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            locale="zh-CN",
            timezone_id="America/New_York",  # pages show the house clock, wherever the browser is
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
        )
        contexts.append(context)
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": _session(user), "url": live_server.url}]
        )
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: failures.append(f"{error} {error.stack}"))
        page.on(
            "console", lambda said: failures.append(said.text) if "Content Security" in said.text else None
        )
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert failures == []


def _session(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)
