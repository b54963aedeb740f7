"""Shows the demo log-ins on the log-in page of a development installation that has the demo data."""

from typing import Any

from django import template
from django.conf import settings

from apps.accounts.models import User
from community_ops.demo.people import PASSWORD, PEOPLE

register = template.Library()


@register.simple_tag
def demo_log_ins() -> dict[str, Any] | None:
    """The password and (user name, role) of each demo user; nothing in production or on real servers."""
    if settings.PRODUCTION or not settings.DATABASE_IS_EMBEDDED:
        return None
    here = set(
        User.objects.filter(username__in=[p.username for p in PEOPLE]).values_list("username", flat=True)
    )
    users = [(person.username, person.role.label) for person in PEOPLE if person.username in here]
    return {"password": PASSWORD, "users": users} if users else None
