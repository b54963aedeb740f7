"""Shared fixtures."""

import gc
import shutil
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import translation
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import expect

from apps.accounts.models import Team, User
from apps.campaigns.selectors.plans import plan_of
from apps.h5.views.landing import kept
from tests import flushing

pytest_plugins = ["tests.chat_simulator_fixture"]

# A busy machine is not a fault of the code under test.
hypothesis_settings.register_profile("house", deadline=None)
hypothesis_settings.load_profile("house")
expect.set_options(timeout=20_000)

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def base_url() -> str:
    """Tests name whole addresses. (pytest-base-url's own fixture warns under this pytest.)"""
    return ""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Playwright drives the system's Chromium (it downloads no browser of its own)."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert path, "没有找到 Chromium:请安装 chromium(Debian:apt-get install chromium)。"
    options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    return browser_type_launch_args | {"executable_path": path, "args": options}


@pytest.fixture(autouse=True)
def own_language() -> Iterator[None]:
    """A request leaves its language active in its thread: the next test starts in the house's."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    """What is kept by a row's number is another row's in the next test."""
    yield
    cache.clear()
    plan_of.cache_clear()
    kept.forget()


@pytest.fixture
def facts_fit(db: None) -> Iterator[None]:
    """Every fact that the test's flow has left in the log fulfils its schema. For ``usefixtures`` of whole modules."""
    from apps.events.models import Event
    from apps.events.schemas.registry import all_schemas

    yield
    if connection.needs_rollback:
        return  # the test has broken a constraint on purpose
    for event in Event.objects.all():
        problem = all_schemas()[event.kind].problem(
            has_member=event.member_id is not None,
            has_group=event.group_id is not None,
            value=event.value,
            data=event.data,
        )
        assert problem is None, (event.kind, problem, event.value, event.data)


@pytest.fixture
def transactional_db(transactional_db: None, request: pytest.FixtureRequest) -> Iterator[None]:
    """Pages say good-bye when they are closed, and the flush that follows must not meet those requests."""
    yield
    if "live_server" in request.fixturenames:
        _wait_until_quiet()


def _wait_until_quiet() -> None:
    """Until no other connection has worked at five looks in a row; at most ten seconds."""
    calm, until = 0, time.monotonic() + 10
    while calm < 5 and time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'"
            )
            calm = 0 if cursor.fetchone()[0] else calm + 1
        time.sleep(0.03)


@pytest.fixture
def team(db: None) -> Team:
    return Team.objects.create(name="华东一组")


@pytest.fixture
def architect(db: None) -> User:
    return User.objects.create_superuser("architect", password="pass-word-1", display_name="陈架构")


@pytest.fixture
def make_user(db: None):
    """``make_user("editor", Role.CONTENT_EDITOR, team)`` → a staff user with that shipped role."""
    from django.contrib.auth.models import Group

    def make(username: str, role: str, *teams: Team) -> User:
        user = User.objects.create_user(username, password="pass-word-1", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        user.teams.add(*teams)
        return user

    return make


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    """Flushes are quick; and a thread that a test left behind may still hold a connection, and PostgreSQL would not
    drop the database."""
    with django_db_blocker.unblock():
        flushing.install()
    # What has been loaded by now stays: the collector need not look at it after every few tests.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    yield
    with django_db_blocker.unblock():
        name = connection.settings_dict["NAME"]
        connection.close()
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
