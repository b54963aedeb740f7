"""A member's phone: a client that holds their session's cookie."""

from django.test import Client

from apps.core.clock import database_now
from apps.h5.views.base import MEMBER_COOKIE
from apps.members.models import Member
from apps.members.services.sessions import open_session


def phone_of(member: Member | None = None, *, is_strict: bool = False) -> Client:
    """Logged in as ``member``, or somebody unknown. ``is_strict``: forms need their CSRF token, as in a browser."""
    client = Client(enforce_csrf_checks=is_strict)
    if member is not None:
        client.cookies[MEMBER_COOKIE] = open_session(member=member, now=database_now(), label="test")
    return client
