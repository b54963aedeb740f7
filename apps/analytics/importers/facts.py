"""Facts of a file into the log: whom and what the rows name, and each of them once."""

from apps.analytics.importers.rules import CONTENT
from apps.events.selectors.retention import kept_since
from apps.imports.enums import Outcome
from apps.imports.services.running import Batch, Run, UndoRun
from apps.imports.services.targets import Step
from apps.members.importers.scope import hidden_from
from apps.members.selectors.teams import ONLY_TEAM

#: What a file's facts are called in the log, and the source that their keys are known under.
_FILES = 0
#: Over ``r`` and a fact's team ``t``: a key is one fact within a team.
_DIGEST = f"md5('file:' || coalesce(t.team_id, 0) || ':' || coalesce(r.fact_key, {CONTENT}))"


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
