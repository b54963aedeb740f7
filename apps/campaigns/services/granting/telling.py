"""Who hears when a benefit needs a person."""

from django.urls import NoReverseMatch, reverse

from apps.accounts.enums import NoticeLevel
from apps.accounts.models import Team, User
from apps.accounts.services.notices import notify
from apps.campaigns.models import Benefit, Grant, Run


def people_of(team: Team | None) -> list[User]:
    """Staff of the team who see to grants, else everybody who does and sees all teams: somebody is always told."""
    able = User.objects.with_perm(  # type: ignore[attr-defined]
        "campaigns.fulfil_grant", backend="django.contrib.auth.backends.ModelBackend"
    ).filter(is_staff=True)
    mine = [] if team is None else list(able.filter(teams=team, is_superuser=False))
    return mine or [user for user in able if user.has_perm("accounts.view_all_teams")]


def tell_run(run: Run, *, key: str, text: str, url: str, level: NoticeLevel) -> int:
    """Tell the campaign's owner, or else the team's people, once per ``key``; returns how many were told."""
    owner = run.campaign.owner
    users = [owner] if owner is not None and owner.is_active else people_of(run.campaign.team)
    return notify(users=users, key=key, text=text, url=url, level=level)


def tell_benefit(benefit: Benefit, *, key: str, text: str, level: NoticeLevel) -> int:
    """Tell the people of the benefit's team once per ``key``; returns how many were told."""
    url = _url("admin:campaigns_benefit_change", benefit.pk)
    return notify(users=people_of(benefit.team), key=key, text=text, url=url, level=level)


def grant_url(grant: Grant) -> str:
    """The grant's page in the admin, or "" where there is none."""
    return _url("admin:campaigns_grant_change", grant.pk)


def _url(name: str, pk: int) -> str:
    try:
        return reverse(name, args=[pk])
    except NoReverseMatch:
        return ""
