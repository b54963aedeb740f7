"""C13 with real connections: of two verdicts at once one wins, and a verb at the same time loses nothing."""

from functools import partial

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.enums import BenefitKind, FlagState, GrantState, Verdict
from apps.campaigns.models import Entry, Flag, Grant
from apps.campaigns.services.engine import Origin, act, open_entry
from apps.campaigns.services.risk.reviewing import Reviewed, review_entry
from apps.campaigns.services.risk.scanning import scan_run
from apps.core.errors import WrongState
from apps.core.invariants import count_violations
from tests.campaigns.factories import make_benefit, make_member, make_members, make_run
from tests.campaigns.together import together

pytestmark = pytest.mark.django_db(transaction=True)


def helps(entry: Entry, member_id: int, device: str) -> None:
    act(
        code=entry.code,
        verb="help",
        member_id=member_id,
        params={},
        key=f"h{member_id}",
        now=timezone.now(),
        origin=Origin("", device),
    )


def suspect(stages: list[int]) -> Entry:
    points = make_benefit(BenefitKind.POINTS, amount=10)
    run = make_run("assist", {"stages": stages}, slots={"stage_1": points, "helper": points})
    made = open_entry(
        run_id=run.pk,
        member_id=make_member().pk,
        params={},
        key="open",
        now=timezone.now(),
        origin=Origin("", "mine"),
    )
    entry = Entry.objects.get(pk=made.entry_id)
    helps(entry, make_member().pk, "mine")
    return entry


def broken() -> list[str]:
    return [f"{one.promise} {one.name}" for one, number in count_violations() if number]


@pytest.mark.parametrize("others", [Verdict.RELEASE, Verdict.VOID])
def test_of_many_verdicts_at_once_one_wins(others: Verdict) -> None:
    actor = User.objects.create_superuser("architect", password="pass-word-1")
    entry = suspect([1, 9])
    verdicts = [Verdict.RELEASE, *[others] * 5]
    review = partial(review_entry, entry_id=entry.pk, note="看过", actor=actor, now=timezone.now())
    results = together([partial(review, verdict=verdict) for verdict in verdicts], threads=6)
    assert sum(isinstance(one, Reviewed) for one in results) == 1, results
    assert sum(isinstance(one, WrongState) for one in results) == 5, results
    flag = Flag.objects.get()
    states = set(Grant.objects.values_list("state", flat=True))
    assert states == {GrantState.ISSUED if flag.state == FlagState.RELEASED else GrantState.VOID}
    entry.owner.refresh_from_db()
    assert entry.owner.points_balance == (10 if flag.state == FlagState.RELEASED else 0)
    assert broken() == []


def test_review_between_helpers_and_the_tick_leaves_nothing_in_between() -> None:
    """A verb may give, and the tick may hold, while a person decides: nothing stays held without a flag."""
    actor = User.objects.create_superuser("architect", password="pass-word-1")
    entry = suspect([1, 30])
    members = make_members(12)
    work = [
        partial(helps, entry, member.pk, "mine" if n % 3 == 0 else f"own{n}")
        for n, member in enumerate(members)
    ]
    review = partial(
        review_entry, entry_id=entry.pk, verdict=Verdict.STRIKE, note="看过", actor=actor, now=timezone.now()
    )
    look = partial(scan_run, run_id=entry.run_id, now=timezone.now())
    results = together([*work[:6], review, look, *work[6:], review, look], threads=8)
    faults = [one for one in results if isinstance(one, Exception) and not isinstance(one, WrongState)]
    assert faults == []
    assert broken() == []
    if Flag.objects.filter(state=FlagState.OPEN).exists():
        review()
    assert not Grant.objects.filter(state=GrantState.HELD).exists()
    assert broken() == []
