"""Telling the people behind a campaign."""

from django.db import models
from django.urls import NoReverseMatch

from apps.accounts.enums import NoticeLevel
from apps.accounts.models import User
from apps.accounts.services.notices import notify
from apps.campaigns.models import Campaign, Run
from apps.campaigns.services.runs.access import LAUNCH


def people_of(campaign: Campaign) -> list[User]:
    """The campaign's owner; without an active one, those of its team who may launch, or else whoever may at all."""
    if campaign.owner is not None and campaign.owner.is_active:
        return [campaign.owner]
    able = User.objects.with_perm(LAUNCH, backend="django.contrib.auth.backends.ModelBackend")
    able = able.filter(is_active=True)
    return list(able.filter(teams=campaign.team_id)) or list(able)


def tell(thing: Campaign | Run, *, key: str, text: str, level: NoticeLevel = NoticeLevel.INFO) -> None:
    """Leave a notice for the people of ``thing``, once per ``key``."""
    campaign = thing.campaign if isinstance(thing, Run) else thing
    notify(users=people_of(campaign), key=key, text=text, url=address_of(thing), level=level)


def address_of(thing: models.Model) -> str:
    """The page of ``thing``, or "": a page that is not there must not keep a run from its time."""
    try:
        return thing.get_absolute_url()  # type: ignore[attr-defined]
    except NoReverseMatch:
        return ""
