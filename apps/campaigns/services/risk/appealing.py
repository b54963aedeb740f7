"""申诉: what a member says about what is held."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.services.audit import audit
from apps.campaigns.enums import FlagState, GrantState
from apps.campaigns.mechanics.base import Refused
from apps.campaigns.models import Entry, Flag, Grant
from apps.core.errors import Invalid

LONGEST = 300


@transaction.atomic
def appeal(*, member_id: int, code: str, text: str, now: datetime) -> int:
    """The member's word on what is open about an entry: kept with its flags, shown in the queue. A later word
    replaces an earlier one. Returns how many flags it stands by.

    It is for the owner and for those who wait for a held gift or are accused; nobody learns from it which rule
    found what. Raises ``Refused`` with ``not_found`` or ``nothing_held``, ``Invalid`` for an empty or long text.
    """
    words = " ".join(text.split())
    if not words or len(words) > LONGEST:
        raise Invalid(_("请写 1 到 300 个字。"), hint=_("说说当时的情况，工作人员会看。"), field="text")
    entry = Entry.objects.filter(code=code).first()
    if entry is None:
        raise Refused(_("链接不对，或活动已经下线。"), hint=_("到“我的礼品”里找找。"), code="not_found")
    flags = Flag.objects.filter(entry=entry, state=FlagState.OPEN)
    waits = Grant.objects.filter(entry=entry, member_id=member_id, state=GrantState.HELD).exists()
    if entry.owner_id != member_id and not waits:
        flags = flags.filter(Q(member_id=member_id))
    changed = flags.update(appeal=words, updated_at=now)
    if not changed:
        raise Refused(
            _("这里没有在核查的礼品。"), hint=_("刷新页面看看，可能已经处理好了。"), code="nothing_held"
        )
    audit(actor=None, action="flag.appeal", target=entry, member=member_id)
    return changed
