"""Who is told when money needs a person."""

from django.urls import NoReverseMatch, reverse

from apps.accounts.enums import NoticeLevel
from apps.accounts.models import Team, User
from apps.accounts.services.notices import notify
from apps.orders.models import Refund


def people_of(team: Team | None) -> list[User]:
    """Staff of the team who may refund, else everybody who may and sees all teams: somebody is always told."""
    able = User.objects.with_perm(  # type: ignore[attr-defined]
        "orders.refund_order", backend="django.contrib.auth.backends.ModelBackend"
    ).filter(is_staff=True)
    mine = [] if team is None else list(able.filter(teams=team, is_superuser=False))
    return mine or [user for user in able if user.has_perm("accounts.view_all_teams")]


def tell(
    team: Team | None, *, key: str, text: str, url: str = "", level: NoticeLevel = NoticeLevel.ERROR
) -> int:
    """Notify the team's people once per ``key``; returns how many were told."""
    return notify(users=people_of(team), key=key, text=text, url=url, level=level)


def refund_url(refund: Refund) -> str:
    """The refund's page in the admin, or "" where the admin is not installed."""
    try:
        return reverse("admin:orders_refund_change", args=[refund.pk])
    except NoReverseMatch:
        return ""
