"""From the pages of a campaign, a run and a group to their reviews."""

from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.admin.doors import Door, register_door
from apps.campaigns.models import Campaign, Run
from apps.groups.models import Group


def _reviews(name: str, row: Model) -> str:
    return f"{reverse('admin:analytics_reviews')}?{name}={row.pk}"


for _name, _model in (("campaign", Campaign), ("run", Run), ("group", Group)):
    register_door(
        Door(
            key="reviews",
            on=_model,
            label=_("复盘"),
            help=_("结果怎样，最弱的是哪一环，接下来做什么"),
            icon="history_edu",
            address=lambda row, name=_name: _reviews(name, row),  # type: ignore[misc]
            permission="analytics.view_review",
            order=40,
        )
    )
