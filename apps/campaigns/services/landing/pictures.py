"""Pictures of landing pages: drawn anew (S3), kept as WebP in the widths that phones ask for."""

import secrets
from io import BytesIO
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.campaigns.models import Campaign, LandingPicture
from apps.campaigns.services.campaign_access import check_may
from apps.core.errors import Invalid
from apps.core.pictures import clean_picture

FOLDER = "landing"
WIDTHS = (360, 720, 1080)
MOST_PICTURES = 200
_QUALITY = 82
#: A strip longer than this would be scaled to nothing on a phone.
MOST_RATIO = 6


def keep_picture(*, campaign: Campaign, file: File, actor: User) -> LandingPicture:
    """Store an uploaded JPEG or PNG for the campaign's pages. Raises ``Invalid`` (``field`` is ``file``) for what
    is no sound picture or too large, ``NotAllowed``.

    Drawing and storing happen before the row is written: no transaction waits for them.
    """
    check_may(actor, "campaigns.add_landingpicture", campaign)
    if campaign.landing_pictures.count() >= MOST_PICTURES:
        raise Invalid(
            _("这个活动已经有 %(most)d 张图片。") % {"most": MOST_PICTURES},
            hint=_("用已有的图片，或复制成新活动。"),
            field="file",
        )
    token = secrets.token_urlsafe(12)
    with Image.open(clean_picture(file)) as opened:
        picture = opened.convert("RGBA" if opened.mode in ("RGBA", "P", "LA") else "RGB")
    if max(picture.size) > MOST_RATIO * min(picture.size):
        raise Invalid(_("图片太长或太扁。"), hint=_("裁成长边不超过短边 6 倍，再上传。"), field="file")
    sizes = [_stored(picture, width, token) for width in _widths(picture.width)]
    with transaction.atomic():
        row = LandingPicture.objects.create(
            campaign=campaign,
            token=token,
            name=(file.name or "").replace("\0", "").rpartition("/")[2][:120],
            sizes=sizes,
            width=sizes[-1]["width"],
            height=sizes[-1]["height"],
            uploaded_by=actor,
        )
        audit(actor=actor, action="landing.picture", target=row)
    return row


def _widths(width: int) -> list[int]:
    """Those of ``WIDTHS`` that the picture fills; a small one stays as it is."""
    return [one for one in WIDTHS if one <= width] or [width]


def _stored(picture: Image.Image, width: int, token: str) -> dict[str, Any]:
    height = max(1, round(picture.height * width / picture.width))
    buffer = BytesIO()
    picture.resize((width, height), Image.Resampling.LANCZOS).save(buffer, "WEBP", quality=_QUALITY, method=4)
    name = default_storage.save(f"{FOLDER}/{token}-{width}.webp", ContentFile(buffer.getvalue()))
    return {"width": width, "height": height, "name": name}
