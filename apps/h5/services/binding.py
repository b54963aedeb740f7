"""The same person by another name: a phone for who came by WeChat, a WeChat account for who came by phone."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import ForeignObjectRel
from django.utils.translation import gettext as _

from apps.core.errors import Invalid
from apps.h5.providers.wechat_oauth import WechatUser
from apps.h5.services.logging_in import LoggedIn, learn_identity, log_in, member_of
from apps.members.enums import LoginWay
from apps.members.models import Identity, Member, MemberSession

#: What logging in alone leaves behind; anything else is something the member has done or been given.
_TRACES = {"identities", "sessions", "consents", "visitors", "conversions", "member_teams"}


def may_bind(session_id: int) -> bool:
    """Came this session by WeChat, for a member without a phone? A personal link that was passed on must not become
    somebody's account for good."""
    return MemberSession.objects.filter(
        pk=session_id, label=LoginWay.WECHAT.value, revoked_at__isnull=True, member__phone__isnull=True
    ).exists()


@transaction.atomic
def bind_phone(
    *, member_id: int, phone: str, visitor_token: str, consent_version: str, ip_hash: str, now: datetime
) -> LoggedIn:
    """The member has proved ``phone`` (E.164) too; a new session for them.

    If the phone is an older member's and this one has done nothing but log in, it was the same person all along:
    the WeChat account moves over and the empty member goes. Otherwise ``Invalid``: two histories are merged by staff.
    """
    member = Member.objects.select_for_update().filter(pk=member_id).first()
    if member is None or member.phone is not None:
        raise Invalid(_("你已经绑定过手机号。"), hint=_("换号请联系群里的客服。"), field="phone")
    if not _take(member, phone):
        owner = Member.objects.select_for_update(no_key=True).get(phone=phone)
        if not _is_blank(member):
            raise Invalid(
                _("这个手机号已是另一位成员的。"),
                hint=_("退出后可用手机号登录；要把两个账号合在一起，请联系群里的客服。"),
                field="phone",
            )
        Identity.objects.filter(member=member).update(member=owner)
        member.delete()
    return log_in(
        phone=phone,
        visitor_token=visitor_token,
        consent_version=consent_version,
        source=LoginWay.PHONE_CODE,
        ip_hash=ip_hash,
        now=now,
    )


@transaction.atomic
def attach_wechat(*, session_id: int, identity: WechatUser) -> bool:
    """Note the WeChat account, which is nobody's yet, as one of the member who logged in by phone in this session.

    False if the session was not opened by phone and code, or the account is somebody's.
    """
    session = MemberSession.objects.filter(
        pk=session_id, label=LoginWay.PHONE_CODE.value, revoked_at__isnull=True
    ).first()
    if session is None or member_of(identity) is not None:
        return False
    learn_identity(session.member, identity)
    owner = member_of(identity)
    return owner is not None and owner.pk == session.member_id


def _take(member: Member, phone: str) -> bool:
    """False if the phone is another's."""
    try:
        with transaction.atomic():
            return bool(Member.objects.filter(pk=member.pk, phone__isnull=True).update(phone=phone))
    except IntegrityError:
        return False


def _is_blank(member: Member) -> bool:
    """Does no row of any room name this member, but those of logging in? Rooms to come are asked as well."""
    for relation in Member._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ForeignObjectRel) or relation.many_to_many or relation.name in _TRACES:
            continue
        rows = relation.related_model._base_manager
        if rows.filter(**{relation.field.name: member.pk}).exists():
            return False
    return member.points_balance == 0 and not member.note
