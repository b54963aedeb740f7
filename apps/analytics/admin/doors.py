"""From a campaign's page to its reviews."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.campaigns.admin.doors import Door, register_door

register_door(
    Door(
        key="reviews",
        label=_("复盘"),
        help=_("结果怎样，最弱的是哪一环，接下来做什么"),
        icon="history_edu",
        address=lambda campaign: reverse("admin:analytics_reviews") + f"?campaign={campaign.pk}",
        permission="analytics.view_review",
        order=40,
    )
)
