"""Who may do what, when: checked under the locks, before the mechanic is asked."""

from datetime import datetime

from django.db import connection
from django.utils.translation import gettext_lazy as _

from apps.campaigns.enums import EntryState, RunState
from apps.campaigns.mechanics.base import Refused, State, Verb, Who
from apps.campaigns.selectors.holdout import is_held_out
from apps.campaigns.selectors.plans import Eligibility, Plan
from apps.campaigns.services.engine.rows import MemberRow, RunRow

_AFTER_CLOSE = frozenset(
    {RunState.OPEN, RunState.CLOSED, RunState.REVIEW, RunState.SETTLING, RunState.SETTLED}
)


def check_window(run: RunRow, verb: Verb, now: datetime) -> None:
    """The run is open now, or the verb is one of those that go on after it (yudao helped on after the end)."""
    if verb.after_close and run.state in _AFTER_CLOSE:
        return
    if run.state == RunState.PAUSED:
        raise Refused(_("活动暂停中。"), hint=_("稍后再来看看，名额和进度都还在。"), code="paused")
    if run.state == RunState.SCHEDULED or (run.state == RunState.OPEN and now < run.opens_at):
        raise Refused(_("活动还没开始。"), hint=_("开始时间写在页面上，到点再来。"), code="not_open")
    if run.state != RunState.OPEN or now >= run.closes_at:
        raise Refused(_("本期活动已经结束。"), hint=_("留意下一期。"), code="ended")


def check_member(member: MemberRow | None) -> MemberRow:
    """The member exists and is not on the blacklist."""
    if member is None:
        raise Refused(_("没有找到你的账号。"), hint=_("请重新登录。"), code="unknown_member")
    if member.is_blocked:
        raise Refused(_("你暂时不能参加活动。"), hint=_("如有疑问请联系客服申诉。"), code="blocked")
    return member


def check_eligible(eligibility: Eligibility, member: MemberRow, *, is_new: bool) -> None:
    """The campaign's own conditions; each list that is not empty must meet the member."""
    if eligibility.is_open:
        return
    if eligibility.is_new_only and not is_new:
        raise Refused(_("这次活动只给新朋友。"), hint=_("留意给老朋友的活动。"), code="not_eligible")
    conditions = [
        (
            eligibility.tags,
            "EXISTS (SELECT 1 FROM members_membertag t WHERE t.member_id = m.id AND t.tag_id = ANY(%s))",
        ),
        (eligibility.tiers, "m.tier_id = ANY(%s)"),
        (eligibility.lifecycles, "m.lifecycle = ANY(%s)"),
        (
            eligibility.groups,
            "EXISTS (SELECT 1 FROM groups_membership g WHERE g.member_id = m.id AND g.left_at IS NULL"
            " AND g.group_id = ANY(%s))",
        ),
    ]
    asked = [(list(values), sql) for values, sql in conditions if values]
    if not asked:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM members_member AS m WHERE m.id = %s AND {' AND '.join(sql for _v, sql in asked)}",
            [member.id, *(values for values, _sql in asked)],
        )
        if cursor.fetchone() is None:
            raise Refused(
                _("你还不符合参加条件。"), hint=_("条件写在活动说明里，可以问问客服。"), code="not_eligible"
            )


def check_not_held_out(plan: Plan, member: MemberRow, *, is_new: bool) -> None:
    """The member is not of those to whom this campaign is not open, so that its effect can be measured."""
    if is_new or not is_held_out(
        campaign_id=plan.campaign_id, member_id=member.id, percent=plan.holdout_percent
    ):
        return
    raise Refused(
        _("这次活动暂时没有对你开放。"),
        hint=_("每次活动会随机留出一小部分老朋友，和你的账号无关；别的活动见。"),
        code="held_out",
    )


def check_role(verb: Verb, state: State, member_id: int) -> None:
    """Owner's verbs are the owner's, others' are not."""
    if verb.who in (Who.STAFF, Who.SYSTEM) or verb.opens:
        raise Refused(_("没有这个操作。"), hint=_("刷新页面再试。"), code="unknown_verb")
    if verb.who == Who.OWNER and member_id != state.owner_id:
        raise Refused(_("只有发起人可以这样做。"), hint=_("你可以自己发起一单。"), code="not_yours")
    if verb.who == Who.OTHERS and member_id == state.owner_id:
        raise Refused(_("不能给自己做这一步。"), hint=_("把链接发给朋友。"), code="own_entry")


def check_state(verb: Verb, state: State, now: datetime) -> None:
    """The entry is in a state in which the verb is offered, and its time is not over even if no tick has come."""
    allowed = verb.in_states or (EntryState.OPEN,)
    if state.state not in allowed:
        label = EntryState(state.state).label
        raise Refused(
            _("现在是“%(state)s”，不能这样做。") % {"state": label},
            hint=_("刷新页面看看最新进展。"),
            code="wrong_state",
        )
    if state.expires_at is not None and now >= state.expires_at and verb.who != Who.STAFF:
        raise Refused(_("时间已经到了。"), hint=_("可以重新发起，或看看其他人的。"), code="expired")
