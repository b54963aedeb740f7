"""A file of facts: spend, check-ins, messages and orders that happened elsewhere.

Facts are never deleted, so such an import cannot be undone: its undo says so. A spend is corrected by a negative one.
"""

from django.utils.translation import gettext_lazy as _

from apps.core.phones import canonical_mobile
from apps.events.enums import EventKind
from apps.events.schemas.base import Need
from apps.events.schemas.registry import all_schemas, outside_kinds
from apps.events.selectors.retention import kept_since
from apps.imports.enums import Level, Outcome
from apps.imports.services import columns as parse
from apps.imports.services.running import Batch, Run, UndoRun
from apps.imports.services.targets import Column, Message, Rule, Step, Target, register_target
from apps.members.importers.scope import hidden_from
from apps.members.selectors.teams import ONLY_TEAM

#: What a file's facts are called in the log, and the source that their keys are known under.
_FILES = 0
_KINDS = {word.lower(): kind for kind in outside_kinds() for word in (kind, str(EventKind(kind).label))}
_CONTENT = "concat_ws('|', r.kind, r.occurred_at, r.phone, r.group_name, r.amount, r.channel, r.campaign, r.order_no, r.note)"
#: Over ``r`` and a fact's team ``t``: a key is one fact within a team.
_DIGEST = f"md5('file:' || coalesce(t.team_id, 0) || ':' || coalesce(r.fact_key, {_CONTENT}))"


def _kinds_that(part: str, need: Need) -> str:
    """SQL list of the kinds whose ``part`` is ``need``."""
    found = [kind for kind in outside_kinds() if getattr(all_schemas()[kind], part) is need]
    return ", ".join(parse.literal(kind) for kind in ["", *found])


def _takes(key: str) -> str:
    """SQL list of the kinds whose data may have ``key``."""
    found = [kind for kind in outside_kinds() if key in all_schemas()[kind].fields]
    return ", ".join(parse.literal(kind) for kind in ["", *found])


_ORDERS = _takes("order_no")
_NOT_NEGATIVE = ", ".join(
    parse.literal(kind) for kind in ["", *outside_kinds()] if kind and all_schemas()[kind].least is not None
)


class FactStep(Step):
    """Looks up whom and what the rows name, refuses what another team has, and writes the rest once."""

    name = "facts"
    order = 10

    def write(self, run: Run, batch: Batch) -> None:
        if batch.is_repeat:
            return
        hidden = hidden_from(run.actor, "m.id")
        sees_all = run.actor is None or run.actor.has_perm("accounts.view_all_teams")
        teams = [] if run.actor is None else list(run.actor.teams.order_by("pk").values_list("pk", flat=True))
        own = "true" if sees_all else "g.team_id = ANY(%(teams)s)"
        of_campaign = "true" if sees_all else "c.team_id = ANY(%(teams)s)"
        values = {
            "job": run.job_id,
            "now": run.now,
            "since": kept_since(run.now),
            "actor": run.actor.pk if run.actor else None,
            "teams": teams,
            "team": teams[0] if len(teams) == 1 and not sees_all else None,
            "files": _FILES,
        }
        self._refuse(
            run,
            batch,
            "fact.nobody",
            f"r.phone IS NOT NULL AND NOT EXISTS (SELECT 1 FROM members_member m WHERE m.phone = r.phone"
            f" AND NOT coalesce({hidden or 'false'}, false))",
        )
        self._refuse(
            run,
            batch,
            "fact.no_group",
            "r.group_name IS NOT NULL AND NOT EXISTS"
            f" (SELECT 1 FROM groups_group g WHERE g.name = r.group_name AND {own})",
            values,
        )
        self._refuse(
            run,
            batch,
            "fact.no_campaign",
            "r.campaign IS NOT NULL AND NOT EXISTS"
            f" (SELECT 1 FROM campaigns_campaign c WHERE c.id = r.campaign AND {of_campaign})",
            values,
        )
        self._refuse(run, batch, "fact.too_old", "r.occurred_at < %(since)s", values)
        run.execute(
            f"""
            WITH t AS MATERIALIZED (
              SELECT r.row_no, g.id AS group_id, m.id AS member_id, m.tier_id, m.source,
                coalesce(g.team_id, %(team)s, {ONLY_TEAM.format(member="m.id")}) AS team_id
              FROM {run.rows} r LEFT JOIN groups_group g ON g.name = r.group_name
              LEFT JOIN members_member m ON m.phone = r.phone
              WHERE {batch.where} AND r.outcome = {Outcome.PENDING.value}),
            b AS MATERIALIZED (
              SELECT r.*, t.group_id, t.member_id, t.tier_id, t.source AS of_source, t.team_id,
                {_DIGEST} AS digest FROM {run.rows} r JOIN t ON t.row_no = r.row_no),
            fresh AS (
              INSERT INTO events_sourcekey (source_id, digest, occurred_at)
              SELECT %(files)s, digest::uuid, occurred_at FROM b ORDER BY 2
              ON CONFLICT DO NOTHING RETURNING digest),
            made AS (
              INSERT INTO events_event (occurred_at, kind, key, team_id, actor_id, group_id, member_id, subject,
                value, data, tier_id, source)
              SELECT b.occurred_at, b.kind, 'file:' || b.digest, b.team_id, %(actor)s, b.group_id, b.member_id,
                CASE WHEN b.order_no IS NOT NULL THEN 'order:' || b.order_no ELSE 'imports.importjob:' || %(job)s END,
                b.amount, jsonb_strip_nulls(jsonb_build_object('channel', b.channel, 'campaign', b.campaign,
                  'order_no', b.order_no, 'note', b.note)), b.tier_id, b.of_source
              FROM b JOIN fresh ON fresh.digest = b.digest::uuid RETURNING id, key),
            journal AS (
              INSERT INTO imports_change (job_id, label, object_id) SELECT %(job)s, 'events.event', id FROM made)
            UPDATE {run.rows} r SET target_id = coalesce(made.id, 0),
              outcome = CASE WHEN made.id IS NOT NULL THEN {Outcome.CREATED.value}
                ELSE {Outcome.UNCHANGED.value} END
            FROM b LEFT JOIN made ON made.key = 'file:' || b.digest WHERE r.row_no = b.row_no
            """,
            values,
        )

    @staticmethod
    def _refuse(
        run: Run, batch: Batch, code: str, condition: str, values: dict[str, object] | None = None
    ) -> None:
        where = f"{batch.where} AND r.outcome = {Outcome.PENDING.value} AND {condition}"
        if run.note(code, f"SELECT r.row_no, NULL FROM {run.rows} r WHERE {where}", values or {}):
            run.execute(
                f"UPDATE {run.rows} r SET outcome = {Outcome.REJECTED.value} WHERE {where}", values or {}
            )

    def touched(self, run: UndoRun) -> None:
        run.keep("events.event", "fact.for_ever", run.journaled("events.event"))


def _rule(code: str, condition: str) -> Rule:
    return Rule(code=code, condition=f"r.kind IS NOT NULL AND ({condition})")


register_target(
    Target(
        key="events",
        label=_("事件"),
        permission="events.add_event",
        model_label="events.event",
        identity=f"coalesce(r.fact_key, {_CONTENT})",
        needs=("kind",),
        needs_text=_("没有指定事件种类，不知道记的是什么。"),
        columns=(
            Column(
                key="kind",
                label=_("事件"),
                aliases=("种类", "事件种类", "kind", "event"),
                parse=parse.choice(_KINDS),
                unreadable=_(
                    "没有这种事件，或它不能从文件来。可用：投放花费、群内打卡、群内发言、下单、付款、退款等。"
                ),
                level=Level.REJECT,
                example=_("投放花费"),
            ),
            Column(
                key="occurred_at",
                label=_("发生时间"),
                aliases=("时间", "日期", "occurred at", "date", "time"),
                sql_type="timestamptz",
                tidy=parse.tidy_timestamp,
                parse=parse.timestamp,
                unreadable=_("时间认不出来。请写成 2026-01-05 15:16。"),
                valid=lambda v: f"{v} <= (%(now)s)::timestamptz + interval '1 day'",
                invalid=_("时间在将来。"),
                level=Level.REJECT,
                example="2026-01-05 15:16",
            ),
            Column(
                key="fact_key",
                label=_("去重标识"),
                aliases=("标识", "流水号", "key"),
                parse=parse.text(80),
                max_length=80,
                example="AD-20260105-1",
            ),
            Column(
                key="phone",
                label=_("成员手机"),
                aliases=("手机号", "手机", "phone", "mobile"),
                tidy=parse.tidy_phone,
                parse=parse.mainland_mobile,
                slow=canonical_mobile,
                unreadable=_("手机号不正确。请填 11 位大陆手机号，或带国家码的号码，如 +852…。"),
                level=Level.REJECT,
                is_personal=True,
                example="138 0013 8000",
            ),
            Column(
                key="group_name",
                label=_("社群"),
                aliases=("群名称", "群", "group"),
                parse=parse.text(80),
                max_length=80,
                example=_("福利社5群"),
            ),
            Column(
                key="amount",
                label=_("数值"),
                aliases=("金额", "花费", "value", "amount"),
                sql_type="numeric(14,2)",
                tidy=parse.tidy_number,
                parse=parse.number("numeric(14,2)"),
                unreadable=_("数值认不出来。请写成 12.50 这样。"),
                level=Level.REJECT,
                example="350.00",
            ),
            Column(
                key="channel",
                label=_("渠道"),
                aliases=("推广渠道", "来源渠道", "channel"),
                parse=parse.text(60),
                max_length=60,
                example=_("抖音"),
            ),
            Column(
                key="campaign",
                label=_("活动编号"),
                aliases=("活动", "campaign"),
                sql_type="bigint",
                tidy=parse.tidy_number,
                parse=parse.number("bigint"),
                unreadable=_("活动要填编号，在活动页的地址里。"),
                level=Level.REJECT,
                example="12",
            ),
            Column(
                key="order_no",
                label=_("订单号"),
                aliases=("单号", "订单编号", "order no"),
                parse=parse.text(60),
                max_length=60,
                example="E202500000001",
            ),
            Column(
                key="note",
                label=_("说明"),
                aliases=("备注", "note"),
                parse=parse.text(120),
                max_length=120,
                example=_("春节投放"),
            ),
        ),
        steps=(FactStep(),),
        rules=(
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
            _rule("fact.negative", f"r.amount < 0 AND r.kind IN ('', {_NOT_NEGATIVE})"),
            _rule("fact.no_order_no", f"r.order_no IS NULL AND r.kind IN ({_ORDERS})"),
            _rule(
                "fact.not_of_this_kind",
                " OR ".join(
                    f"(r.{key} IS NOT NULL AND r.kind NOT IN ({_takes(key)}))"
                    for key in ("channel", "campaign", "order_no", "note")
                ),
            ),
        ),
        messages={
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
        },
        kept_reasons={"fact.for_ever": _("事件只记不删；记错的花费请再记一笔负数冲正")},
        done_url="admin:events_event_changelist",
    )
)
