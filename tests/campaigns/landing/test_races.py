"""Many at once: publishing one draft from many hands, and a page asked for while it is made."""

import threading
from collections.abc import Callable

import pytest
from django.utils import timezone

from apps.accounts.models import AuditEntry, User
from apps.campaigns.enums import CampaignState, LandingState
from apps.campaigns.models import Campaign, LandingVersion
from apps.campaigns.services.landing import publish, publish_due, save_draft, start_draft
from apps.core.errors import WrongState
from apps.h5.selectors import landing_facts
from apps.h5.views.landing import kept
from tests.campaigns.factories import make_run
from tests.campaigns.together import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campaign() -> Campaign:
    return Campaign.objects.create(title="春茶节", mechanic="assist", state=CampaignState.LAUNCHED)


def test_draft_goes_live_once_whoever_presses(campaign: Campaign, architect: User) -> None:
    draft = start_draft(campaign=campaign, variant="A", actor=architect, now=timezone.now())
    done = together([lambda: publish(version=draft, actor=architect, now=timezone.now())] * 8, threads=8)
    refused = [one for one in done if isinstance(one, WrongState)]
    assert (len(refused), len(done) - len(refused)) == (7, 1)
    assert LandingVersion.objects.filter(state=LandingState.LIVE).count() == 1
    assert AuditEntry.objects.filter(action="landing.publish").count() == 1


def test_first_drafts_of_many_hands_are_one_draft(campaign: Campaign, architect: User) -> None:
    def save() -> LandingVersion:
        return save_draft(
            campaign=campaign, variant="A", blocks=[], theme="red", actor=architect, now=timezone.now()
        )

    assert len({version.pk for version in together([save] * 8, threads=8)}) == 1


def test_due_version_goes_live_once_however_many_beats(campaign: Campaign, architect: User) -> None:
    draft = start_draft(campaign=campaign, variant="A", actor=architect, now=timezone.now())
    now = timezone.now()
    LandingVersion.objects.filter(pk=draft.pk).update(state=LandingState.SCHEDULED, publish_at=now)
    assert sum(together([lambda: publish_due(now=now)] * 6, threads=6)) == 1


def test_page_is_made_once_however_many_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run("assist")
    made: list[int] = []
    lock = threading.Lock()
    real = landing_facts.facts_of

    def counted(*args: object, **kwargs: object) -> object:
        with lock:
            made.append(1)
        return real(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(kept, "facts_of", counted)
    kept.forget()
    ask: Callable[[], object] = lambda: kept.made(run.pk, "zh-hans")  # noqa: E731
    assert None not in together([ask] * 24, threads=8)
    assert len(made) == 1
