"""Answers are kept for a month (C11)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.campaigns.models import MemberAction
from apps.campaigns.services.engine.forgetting import REMEMBERED, forget_actions
from tests.campaigns.factories import make_member, make_run
from tests.campaigns.play import start

pytestmark = pytest.mark.django_db


def test_only_answers_older_than_a_month_are_forgotten_oldest_first() -> None:
    run, now = make_run("assist"), timezone.now()
    for days in (0, 29, 31, 40):
        start(run, make_member(), key=f"k{days}")
        MemberAction.objects.filter(key=f"k{days}").update(at=now - timedelta(days=days))
    assert forget_actions(now=now, limit=1) == 1
    assert set(MemberAction.objects.values_list("key", flat=True)) == {"k0", "k29", "k31"}
    assert forget_actions(now=now) == 1
    assert set(MemberAction.objects.values_list("key", flat=True)) == {"k0", "k29"}
    assert timedelta(days=30) == REMEMBERED
