"""What a page offers is what the engine takes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.campaigns.enums import RunState
from apps.campaigns.models import Entry, Run
from apps.campaigns.selectors.pages import page_of_entry, page_of_run
from tests.campaigns.factories import make_member, make_run
from tests.campaigns.play import start

pytestmark = pytest.mark.django_db


def verbs(page) -> list[str]:
    return [button.verb for button in page.buttons]


def test_page_offers_help_until_the_entry_expires_even_before_its_tick() -> None:
    run = make_run("assist")
    entry, friend, now = start(run, make_member()), make_member(), timezone.now()
    assert verbs(page_of_entry(code=entry.code, member_id=friend.pk, now=now)) == ["help"]
    Entry.objects.filter(pk=entry.pk).update(expires_at=now)
    assert verbs(page_of_entry(code=entry.code, member_id=friend.pk, now=now)) == []


@pytest.mark.parametrize("state", [RunState.SCHEDULED, RunState.PAUSED, RunState.CLOSED])
def test_page_of_a_run_that_is_not_open_offers_nothing(state: RunState) -> None:
    run, now = make_run("assist"), timezone.now()
    assert verbs(page_of_run(run_id=run.pk, member_id=None, now=now)) == ["start"]
    Run.objects.update(state=state)
    assert verbs(page_of_run(run_id=run.pk, member_id=None, now=now)) == []


def test_page_of_a_run_whose_time_is_over_offers_nothing_before_its_tick() -> None:
    run = make_run("assist")
    assert verbs(page_of_run(run_id=run.pk, member_id=None, now=run.closes_at + timedelta(seconds=1))) == []
