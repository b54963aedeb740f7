"""Members with tokens, talking HTTP."""

import json
from itertools import count
from typing import Any

import pytest
from django.test import Client

from apps.campaigns.models import Entry, Run
from apps.core.clock import database_now
from apps.members.models import Member
from apps.members.services.sessions import open_session

_keys = count(1)
API = "/api/v1"


class Caller:
    """A member's app; without a member, somebody unknown. Every POST gets a key of its own unless one is given."""

    def __init__(self, member: Member | None = None, token: str = "") -> None:
        self.client = Client()
        if member is not None:
            token = open_session(member=member, now=database_now(), label="test")
        self.token = token

    def get(self, path: str, **params: Any) -> Any:
        return self.client.get(API + path, params, headers=self._headers())

    def post(self, path: str, body: Any = None, *, key: str | None = "", **headers: str) -> Any:
        if key is not None:
            headers["Idempotency-Key"] = key or f"k{next(_keys)}"
        data = body if isinstance(body, (str, bytes)) else json.dumps(body or {})
        return self.client.post(
            API + path, data, content_type="application/json", headers=self._headers() | headers
        )

    def open(self, run: Run, body: Any = None, **options: Any) -> Any:
        return self.post(f"/runs/{run.pk}/entries", body, **options)

    def act(self, entry: Entry, verb: str, body: Any = None, **options: Any) -> Any:
        return self.post(f"/entries/{entry.code}/actions/{verb}", body, **options)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


@pytest.fixture
def anybody(db: None) -> Caller:
    return Caller()


@pytest.fixture
def caller(db: None):
    """``caller(member)`` → that member's app."""
    return Caller


def problem_of(response: Any, status: int) -> dict[str, Any]:
    """The problem, after checking that it is one (RFC 9457)."""
    assert response.status_code == status, response.content.decode()
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert set(body) == {"type", "title", "status", "detail", "code", "hint", "field"}
    assert body["status"] == status
    assert body["type"] == f"urn:community-ops:problem:{body['code']}"
    assert body["title"]
    assert body["detail"]
    return body
