"""Addresses that none of our pages made get an answer, not a crash."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.analytics.services.experiments import LEAST_GROUPS
from apps.groups.enums import GroupKind
from apps.groups.models import Group
from apps.members.models import Member


@pytest.fixture
def web(architect) -> Client:
    # As in production: a crash becomes a 500 and not an exception in the test.
    client = Client(raise_request_exception=False)
    client.force_login(architect)
    return client


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/content-calendar/groups?q=%00",
        "/admin/accounts/approval/?state=%00",
        "/admin/events/event/?kind=%00",
        "/admin/imports/importjob/?target=%00",
        "/admin/members/tag/export/?nonsense=1",
        "/admin/members/member/export/?id__exact=abc",
    ],
)
def test_nul_and_unknown_filters_are_a_bad_request(web, address):
    assert web.get(address).status_code == 400


def test_nul_in_a_form_is_a_bad_request(web, team):
    groups = Group.objects.bulk_create(
        Group(name=f"{n} 群", kind=GroupKind.VIP, team=team) for n in range(LEAST_GROUPS)
    )
    typed = {"name": "标题\0", "hypothesis": "会更好", "metric": "repurchase_rate", "a": "甲", "b": "乙",
             "effect": "30", "days": "5", "groups": [group.pk for group in groups]}  # fmt: skip
    assert web.post(reverse("admin:analytics_experiments"), typed).status_code == 400


@pytest.mark.parametrize("wrong", ["abc", "-1", "²", "1/nonsense", "9" * 30])
@pytest.mark.parametrize("list_name", ["imports_importjob", "members_member"])
def test_a_wrong_id_never_crashes(web, list_name, wrong):
    address = reverse(f"admin:{list_name}_change", args=[wrong])
    # Django sends the unknown to the home page with a sentence.
    assert web.get(address, follow=True).status_code in {200, 404}


def test_a_filter_by_a_digit_that_is_no_number_is_ignored(web):
    Member.objects.create(nickname="王")
    assert web.get(reverse("admin:members_member_changelist"), {"group": "²"}).status_code == 200
