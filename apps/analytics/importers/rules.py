"""Which rows are refused before anything is looked up, and what every refusal means to a person."""

from django.utils.translation import gettext_lazy as _

from apps.events.schemas.base import Need
from apps.events.schemas.registry import all_schemas, outside_kinds
from apps.imports.enums import Level
from apps.imports.services import columns as parse
from apps.imports.services.targets import Message, Rule

#: What a row without a key of its own is known by.
CONTENT = "concat_ws('|', r.kind, r.occurred_at, r.phone, r.group_name, r.amount, r.channel, r.campaign, r.order_no, r.note)"


def _kinds(kinds: list[str]) -> str:
    """SQL list; never empty, as SQL wants."""
    return ", ".join(parse.literal(kind) for kind in ["", *kinds])


def _kinds_that(part: str, need: Need) -> str:
    """SQL list of the kinds whose ``part`` is ``need``."""
    return _kinds([kind for kind in outside_kinds() if getattr(all_schemas()[kind], part) is need])


def _takes(key: str) -> str:
    """SQL list of the kinds whose data may have ``key``."""
    return _kinds([kind for kind in outside_kinds() if key in all_schemas()[kind].fields])


_ORDERS = _takes("order_no")
_NOT_NEGATIVE = _kinds([kind for kind in outside_kinds() if all_schemas()[kind].least is not None])


def _rule(code: str, condition: str) -> Rule:
    return Rule(code=code, condition=f"r.kind IS NOT NULL AND ({condition})")


RULES = (
    Rule(
        code="fact.no_kind",
        condition="r.kind IS NULL AND strpos(coalesce(r.flags, ''), ' kind! ') = 0",
    ),
    Rule(
        code="fact.no_time",
        condition="r.occurred_at IS NULL AND strpos(coalesce(r.flags, ''), ' occurred_at! ') = 0",
    ),
    _rule("fact.no_member", f"r.phone IS NULL AND r.kind IN ({_kinds_that('member', Need.MUST)})"),
    _rule(
        "fact.no_member_wanted",
        f"r.phone IS NOT NULL AND r.kind IN ({_kinds_that('member', Need.NEVER)})",
    ),
    _rule(
        "fact.group_missing",
        f"r.group_name IS NULL AND r.kind IN ({_kinds_that('group', Need.MUST)})",
    ),
    _rule("fact.no_value", f"r.amount IS NULL AND r.kind IN ({_kinds_that('value', Need.MUST)})"),
    _rule(
        "fact.no_value_wanted",
        f"r.amount IS NOT NULL AND r.kind IN ({_kinds_that('value', Need.NEVER)})",
    ),
    _rule("fact.negative", f"r.amount < 0 AND r.kind IN ({_NOT_NEGATIVE})"),
    _rule("fact.no_order_no", f"r.order_no IS NULL AND r.kind IN ({_ORDERS})"),
    _rule(
        "fact.not_of_this_kind",
        " OR ".join(
            f"(r.{key} IS NOT NULL AND r.kind NOT IN ({_takes(key)}))"
            for key in ("channel", "campaign", "order_no", "note")
        ),
    ),
)

MESSAGES = {
    code: Message(level=Level.REJECT, text=text, hint=hint)
    for code, text, hint in (
        ("fact.no_kind", _("没有写是什么事件。"), _("请补上事件种类。")),
        ("fact.no_time", _("没有发生时间。"), _("请补上时间。")),
        ("fact.no_member", _("这种事件要写明是哪位成员。"), _("请补上手机号。")),
        ("fact.no_member_wanted", _("这种事件不属于某位成员。"), _("请去掉手机号。")),
        ("fact.group_missing", _("这种事件要写明是哪个群。"), _("请补上群名称。")),
        ("fact.no_value", _("没有数值。"), _("请补上金额。")),
        ("fact.no_value_wanted", _("这种事件没有数值。"), _("请去掉数值。")),
        ("fact.negative", _("金额不能为负。"), _("退款和成本另有事件种类。")),
        ("fact.no_order_no", _("没有订单号。"), _("请补上店铺的订单号。")),
        ("fact.not_of_this_kind", _("渠道、活动、订单号或说明不属于这种事件。"), _("请清空那一格。")),
        ("fact.nobody", _("没有这位成员，或你看不到 TA。"), _("请先导入成员。")),
        ("fact.no_group", _("没有这个社群，或你看不到它。"), _("请核对群名称。")),
        ("fact.no_campaign", _("没有这个活动，或你看不到它。"), _("请核对活动编号。")),
        ("fact.too_old", _("太早了：超出了事件的保留期。"), _("这样的事件不再统计。")),
    )
}
