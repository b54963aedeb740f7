"""Tagging many members at once."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.core.errors import Invalid
from apps.members.models import Member, MemberTag, Tag

_MOST = 5_000


@transaction.atomic
def tag_members(*, members: QuerySet[Member], name: str, actor: User | None) -> int:
    """Put the tag ``name`` (made if it is new) on ``members``; returns how many did not have it.

    Raises ``Invalid`` for an empty or too long name and for more than 5,000 members at once.
    """
    name = name.strip()
    if not name or len(name) > 40:
        raise Invalid(_("请填 1 到 40 个字的标签。"), field="tag_name")
    ids = list(members.order_by().values_list("pk", flat=True)[: _MOST + 1])
    if len(ids) > _MOST:
        raise Invalid(_("一次最多 %(most)d 位。") % {"most": _MOST}, hint=_("更多人请用导入文件的“标签”列。"))
    tag, _created = Tag.objects.get_or_create(name=name)
    have = set(MemberTag.objects.filter(tag=tag, member__in=ids).values_list("member_id", flat=True))
    rows = [MemberTag(tag=tag, member_id=pk) for pk in ids if pk not in have]
    MemberTag.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2_000)
    audit(actor=actor, action="member.tag", target=tag, count=len(rows))
    return len(rows)
