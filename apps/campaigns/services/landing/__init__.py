"""Landing pages: writing drafts, publishing, pictures."""

from apps.campaigns.services.landing.drafts import discard_draft, save_draft, start_draft
from apps.campaigns.services.landing.pictures import keep_picture
from apps.campaigns.services.landing.previewing import preview_token
from apps.campaigns.services.landing.publishing import (
    publish,
    publish_due,
    retire,
    schedule,
    set_share,
    unschedule,
)

__all__ = [
    "discard_draft",
    "keep_picture",
    "preview_token",
    "publish",
    "publish_due",
    "retire",
    "save_draft",
    "schedule",
    "set_share",
    "start_draft",
    "unschedule",
]
