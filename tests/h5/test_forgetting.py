"""Visits of long ago belong to nobody any more."""

from datetime import timedelta

import pytest

from apps.core.clock import database_now
from apps.h5.models import Visitor
from apps.h5.services.forgetting import KEPT, unlink_old_visitors
from tests.campaigns.factories import make_member

pytestmark = pytest.mark.django_db


def test_old_visitors_lose_member_and_device_and_young_ones_keep_them() -> None:
    now, member = database_now(), make_member()
    for name, age in (("a", KEPT + timedelta(days=1)), ("b", KEPT - timedelta(days=1))):
        Visitor.objects.create(
            token_hash=name * 64, member=member, device_hash="d" * 16, first_seen_at=now - age
        )
    assert unlink_old_visitors(now=now) == 1
    assert unlink_old_visitors(now=now) == 0
    rows = Visitor.objects.order_by("token_hash").values_list("member_id", "device_hash")
    assert list(rows) == [(None, ""), (member.pk, "d" * 16)]
