"""Members in browsers."""

from django.test import Client
from django.utils import timezone

from apps.h5.views.base import MEMBER_COOKIE
from apps.members.models import Member
from apps.members.services.sessions import open_session


def logged_in(member: Member, **options: bool) -> Client:
    """A browser in which ``member`` has logged in."""
    client = Client(**options)
    client.cookies[MEMBER_COOKIE] = open_session(member=member, now=timezone.now(), label="browser")
    return client
