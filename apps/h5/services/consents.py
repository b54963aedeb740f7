"""What members agree to when they log in (PIPL art. 14: informed, explicit, and asked anew when it changes)."""

from datetime import datetime

from django.utils.translation import gettext as _

from apps.core.errors import Invalid
from apps.members.enums import LoginWay
from apps.members.models import Consent

#: Of ``templates/h5/terms.html``. A change of what is kept, why or how long needs a new one: everybody is asked again.
TERMS_VERSION = "2026-11"


def has_agreed(member_id: int) -> bool:
    """Has the member agreed to the terms as they are now?"""
    return Consent.objects.filter(member_id=member_id, version=TERMS_VERSION).exists()


def check_version(version: str) -> None:
    """Raises ``Invalid`` unless ``version`` is what the page shows now: nobody agrees to what they have not seen."""
    if version != TERMS_VERSION:
        raise Invalid(
            _("请先阅读并同意用户协议与隐私说明。"),
            hint=_("勾选下面的方框，再点按钮。"),
            code="consent_needed",
            field="agree",
        )


def record_consent(*, member_id: int, version: str, source: LoginWay, ip_hash: str, now: datetime) -> None:
    """One row per member and version; the first stays. Raises ``Invalid`` for another version than today's."""
    check_version(version)
    row = Consent(member_id=member_id, version=version, source=source.value, at=now, ip_hash=ip_hash)
    Consent.objects.bulk_create([row], ignore_conflicts=True)
