"""Deliveries, posts and people for the pages that join all rooms."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from apps.accounts.enums import Role
from apps.accounts.models import Team, User
from apps.channels.models import Channel, Delivery

_numbers = count(1)


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def operator(make_user: Any, team: Team) -> User:
    return make_user("operator", Role.GROUP_OPERATOR, team)


@pytest.fixture
def editor(make_user: Any, team: Team) -> User:
    return make_user("editor", Role.CONTENT_EDITOR, team)


@pytest.fixture
def other_team(db: None) -> Team:
    return Team.objects.create(name="华南组")


@pytest.fixture
def make_delivery(team: Team) -> Any:
    """``make_delivery(state, minutes, team=…)``: a delivery due ``minutes`` from now."""

    def make(state: str = "pending", minutes: float = 10, *, team: Team = team, **more: Any) -> Delivery:
        due = timezone.now() + timedelta(minutes=minutes)
        channel, _new = Channel.objects.get_or_create(
            name=f"通道 {team}", defaults={"driver": "manual", "team": team}
        )
        values = {
            "key": f"test:{next(_numbers)}",
            "channel": channel,
            "team": team,
            "recipient": "吃货群",
            "subject": "早安",
            "kind": "text",
            "content": {"kind": "text", "text": "早"},
            "due_at": due,
            "available_at": due,
            "cutoff_at": due + timedelta(minutes=30),
            "state": state,
            "sent_at": due if state == "sent" else None,
        }
        return Delivery.objects.create(**values | more)

    return make
