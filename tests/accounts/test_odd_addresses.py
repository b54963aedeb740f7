"""Odd input in an address or a form gets a page, never a server error."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("method", "url", "data"),
    [
        ("get", "/admin/members/member/abc/change/", {}),
        ("get", "/admin/members/member/99999999999999999999/change/", {}),
        ("post", "/admin/groups/group/board/", {"group": "abc", "stage": "active"}),
        ("post", "/admin/groups/group/board/", {"group": "9" * 30, "stage": "active"}),
        ("get", "/admin/groups/group/bulk/?ids=²," + "9" * 30, {}),
        ("get", "/api/v1/content-calendar/groups?team=" + "9" * 30, {}),
        ("get", "/api/v1/content-calendar/posts?start=2026-01-01&end=2026-02-01&group=" + "9" * 30, {}),
        ("get", "/api/v1/content-calendar/posts?start=0001-01-01T00:00&end=0001-02-01", {}),
        ("get", "/admin/content_calendar/post/add/?group=" + "9" * 30 + "&at=0001-01-01T00:00", {}),
        ("get", "/admin/members/member/?tag=²", {}),
        ("get", "/admin/members/member/?group=²", {}),
        ("get", "/admin/groups/membership/?group__id__exact=²", {}),
        ("get", "/admin/groups/membership/?group__id__exact=" + "9" * 30, {}),
        ("get", "/admin/members/member/?tag=" + "9" * 30, {}),
        ("get", "/admin/content_calendar/post/99999999999999999999/page/", {}),
        ("get", "/admin/imports/importjob/99999999999999999999/job/", {}),
        ("get", "/admin/imports/importjob/wizard/?target=%00", {}),
        ("get", "/admin/members/member/?q=%00", {}),
        ("get", "/admin/members/member/?city=%00", {}),
    ],
)
def test_odd_input_is_no_server_error(client: Client, architect, method, url, data):
    client.force_login(architect)
    client.raise_request_exception = False
    answer = getattr(client, method)(url, data)
    assert answer.status_code < 500
