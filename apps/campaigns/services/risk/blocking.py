"""黑名单: who may not act in campaigns until lifted."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.campaigns.models import BlockedMember
from apps.campaigns.services.risk.reviewing import REVIEW
from apps.core.errors import Invalid, NotAllowed
from apps.members.models import Member

LONGEST = 200


@transaction.atomic
def block_member(*, member: Member, reason: str, actor: User, now: datetime) -> BlockedMember:
    """Keep a member out of every campaign from now on, with a reason, audited; blocked already, it changes nothing.

    What the member has done and got stays: that is for the review. Raises ``NotAllowed``, ``Invalid``.
    """
    words = _reason(reason)
    _check(actor, member)
    row, is_new = BlockedMember.objects.get_or_create(
        member=member, defaults={"reason": words, "blocked_by": actor}
    )
    if is_new:
        audit(actor=actor, action="member.block", target=member, reason=words)
    return row


@transaction.atomic
def unblock_member(*, blocked: BlockedMember, reason: str, actor: User, now: datetime) -> None:
    """Let a member in again, with a reason, audited; twice is once. Raises ``NotAllowed``, ``Invalid``."""
    words = _reason(reason)
    _check(actor, blocked.member)
    deleted, _by_model = BlockedMember.objects.filter(pk=blocked.pk).delete()
    if deleted:
        audit(actor=actor, action="member.unblock", target=blocked.member, reason=words)


def _check(actor: User, member: Member) -> None:
    if not actor.is_active or not actor.has_perm(REVIEW):
        raise NotAllowed(_("你没有管理黑名单的权限。"), hint=_("需要的话，请联系社群架构师开通。"))
    if not Member.objects.visible_to(actor).filter(pk=member.pk).exists():
        raise NotAllowed(_("这位成员不在你的团队里。"), hint=_("请他所在团队的同事处理。"))


def _reason(reason: str) -> str:
    words = " ".join(reason.split())
    if not words or len(words) > LONGEST:
        raise Invalid(_("请写明原因，最多 200 个字。"), hint=_("以后别人要看得懂。"), field="reason")
    return words
