"""Writing members with their points: insert what is new, update what differs, leave the rest (M1, M4)."""

from apps.events.enums import EventKind
from apps.imports.enums import Outcome
from apps.imports.services.running import Batch, Run, UndoRun
from apps.imports.services.targets import Step
from apps.members.enums import PointsReason
from apps.members.importers.scope import hidden_from
from apps.members.models import Member
from apps.members.services.sight import granted_teams
from apps.members.services.tiers import ensure_tiers

#: Columns of members_member that a file may set → SQL of a new row's value from the staged row ``b``.
_NEW = {
    "nickname": "coalesce(b.nickname, '')",
    "gender": "coalesce(b.gender, 'unknown')",
    "born_on": "b.born_on",
    "city": "coalesce(b.city, '')",
    "source": "coalesce(b.source, '')",
    "tier_id": "b.tier_id",
    "points_balance": "coalesce(b.points, 0)",
    "total_spent": "coalesce(b.total_spent, 0)",
    "joined_at": "b.joined_at",
    "note": "coalesce(b.note, '')",
}
#: The same for an existing row ``m``: an empty cell never erases.
_MERGED = {
    "nickname": "coalesce(b.nickname, m.nickname)",
    "gender": "coalesce(b.gender, m.gender)",
    "born_on": "coalesce(b.born_on, m.born_on)",
    "city": "coalesce(b.city, m.city)",
    "source": "coalesce(b.source, m.source)",
    "tier_id": "coalesce(b.tier_id, m.tier_id)",
    "points_balance": "coalesce(b.points, m.points_balance)",
    "total_spent": "coalesce(b.total_spent, m.total_spent)",
    "joined_at": "coalesce(b.joined_at, m.joined_at)",
    "note": "coalesce(b.note, m.note)",
}
#: What a before-image holds: all that any step of the target may change.
BEFORE = "jsonb_build_object({})".format(
    ", ".join(f"'{name}', m.{name}" for name in ("phone", "inviter_id", *_MERGED))
)
_TRIES = 3


class ProfileStep(Step):
    name = "profiles"
    order = 10
    tables = ("members_member", "members_pointsentry", "members_memberteam")

    def prepare(self, run: Run) -> None:
        names = run.fetch(
            f"SELECT r.tier, min(r.row_no) FROM {run.rows} r WHERE r.tier IS NOT NULL"
            f" AND r.outcome <> {Outcome.REJECTED.value} GROUP BY 1 ORDER BY 2"
        )
        ensure_tiers(names=[name for name, _row in names])

    def write(self, run: Run, batch: Batch) -> None:
        if batch.is_repeat:
            return
        self._refuse_hidden(run, batch)
        if not batch.is_late and "wechat" in run.mapped:
            self._adopt(run, batch)
        run.execute(
            "SELECT count(*) FROM (SELECT m.id FROM members_member m"
            f" WHERE m.id IN (SELECT {_found(batch)} FROM {run.rows} r {_join(batch)} WHERE {batch.where})"
            " ORDER BY m.id FOR UPDATE) locked"
        )
        for _try in range(_TRIES):
            run.execute(_write_sql(run, batch), {"now": run.now, "job": run.job_id})
            # Empty unless somebody else created the same phone meanwhile: the next look sees that member.
            if not run.fetch(
                f"SELECT 1 FROM {run.rows} r WHERE {batch.where} AND r.outcome = {Outcome.PENDING.value} LIMIT 1"
            ):
                return

    def finish(self, run: Run) -> None:
        """One summary fact for the whole job; a million single ones would say nothing more."""
        self._grant(run)
        run.execute(
            "INSERT INTO events_event (occurred_at, kind, key, actor_id, subject, value, data)"
            " SELECT %(now)s, %(kind)s, 'member.imported:' || %(job)s, %(actor)s, 'imports.importjob:' || %(job)s,"
            f"  count(*) FILTER (WHERE outcome = {Outcome.CREATED.value}), jsonb_build_object('updated',"
            f"  count(*) FILTER (WHERE outcome = {Outcome.UPDATED.value})) FROM {run.rows}",
            {
                "now": run.now,
                "kind": EventKind.MEMBER_IMPORTED,
                "job": str(run.job_id),
                "actor": run.actor.pk if run.actor else None,
            },
        )

    def _grant(self, run: Run) -> None:
        """Created members that no group shows to anybody are seen by the actor's teams (S1)."""
        if teams := granted_teams(run.actor):
            # An aggregate for the reason that ``hidden_from`` gives.
            run.execute(
                "INSERT INTO members_memberteam (member_id, team_id, is_granted)"
                " SELECT c.object_id, t.id, true FROM imports_change c, unnest(%(teams)s::bigint[]) AS t(id)"
                " WHERE c.job_id = %(job)s AND c.label = 'members.member' AND c.before IS NULL"
                " AND (SELECT count(*) FROM members_memberteam s WHERE s.member_id = c.object_id) = 0",
                {"teams": teams, "job": run.job_id},
            )

    def _refuse_hidden(self, run: Run, batch: Batch) -> None:
        """A member who is only in other teams' groups is not this person's to change (S1)."""
        hidden = hidden_from(run.actor, "m.id")
        if hidden is None:
            return
        select = (
            f"SELECT r.row_no, NULL FROM {run.rows} r {_join(batch)}"
            f" JOIN members_member m ON m.id = {_found(batch)} WHERE {batch.where} AND {hidden}"
        )
        if run.note("member.hidden", select):
            run.execute(
                f"UPDATE {run.rows} r SET outcome = {Outcome.REJECTED.value} FROM {run.tables.notes} n"
                f" WHERE {batch.where} AND n.row_no = r.row_no AND n.code = 'member.hidden'"
            )

    def _adopt(self, run: Run, batch: Batch) -> None:
        """A member known only by this WeChat account gets the row's phone, instead of a twin."""
        hidden = hidden_from(run.actor, "m.id")
        run.execute(
            f"""
            WITH hit AS MATERIALIZED (
              SELECT DISTINCT ON (m.id) m.id, r.row_no, r.phone
              FROM {run.rows} r
              JOIN members_identity i ON i.kind = 'wechat' AND i.value = r.wechat
              JOIN members_member m ON m.id = i.member_id AND m.phone IS NULL
              WHERE {batch.where} AND {f"NOT {hidden}" if hidden else "true"}
                AND NOT EXISTS (SELECT 1 FROM members_member p WHERE p.phone = r.phone)
              ORDER BY m.id, r.row_no),
            journal AS (
              INSERT INTO imports_change (job_id, label, object_id, before)
              SELECT %(job)s, 'members.member', m.id, {BEFORE} FROM members_member m JOIN hit USING (id)
              ON CONFLICT DO NOTHING),
            named AS (
              UPDATE members_member m SET phone = hit.phone, updated_at = %(now)s FROM hit
              WHERE m.id = hit.id RETURNING m.id)
            UPDATE {run.rows} r SET target_id = hit.id FROM hit WHERE r.row_no = hit.row_no
            """,
            {"now": run.now, "job": run.job_id},
        )

    def touched(self, run: UndoRun) -> None:
        made = run.journaled("members.member", created=True)
        run.execute(
            "SELECT count(*) FROM (SELECT m.id FROM members_member m"
            f" WHERE m.id IN ({run.journaled('members.member')}) ORDER BY m.id FOR UPDATE) locked"
        )
        run.keep(
            "members.member",
            "member.changed",
            f"SELECT m.id FROM members_member m WHERE m.id IN ({run.journaled('members.member')}) AND m.updated_at <> %s",
            [run.stamp],
        )
        run.keep(
            "members.member",
            "member.points",
            f"SELECT p.member_id FROM members_pointsentry p WHERE p.member_id IN ({made})"
            " AND NOT starts_with(p.key, %s)",
            [f"import:{run.job_id}:"],
        )
        for relation in Member._meta.related_objects:
            table, column = relation.related_model._meta.db_table, relation.field.column
            if table in run.tables or relation.many_to_many:
                continue
            run.keep(
                "members.member",
                "member.linked",
                f"SELECT x.{column} FROM {table} x WHERE x.{column} IN ({made})",
            )
        # Who stays keeps their inviter, and that inviter theirs.
        while run.keep(
            "members.member",
            "member.inviter",
            f"SELECT x.inviter_id FROM members_member x WHERE x.inviter_id IN ({made})"
            f" AND x.id NOT IN ({run.journaled('members.member')})",
        ):
            pass

    def undo(self, run: UndoRun) -> None:
        made = run.journaled("members.member", created=True)
        changed = run.journaled("members.member", created=False)
        run.execute(
            f"""
            WITH sums AS (
              SELECT p.member_id, sum(p.delta) AS delta FROM members_pointsentry p
              WHERE p.member_id IN ({changed}) AND starts_with(p.key, 'import:' || %(job)s || ':')
              GROUP BY 1 HAVING sum(p.delta) <> 0)
            INSERT INTO members_pointsentry (member_id, delta, reason, key, note, at)
            SELECT member_id, -delta, %(reason)s, 'import-undo:' || %(job)s || ':' || member_id, '', %(now)s FROM sums
            """,
            {"job": str(run.job_id), "reason": PointsReason.IMPORT_UNDO, "now": run.now},
        )
        sets = ", ".join(f"{name} = o.{name}" for name in ("phone", "inviter_id", *_MERGED))
        run.execute(
            f"UPDATE members_member m SET {sets}, updated_at = %s"
            " FROM imports_change c, jsonb_populate_record(NULL::members_member, c.before) o"
            f" WHERE c.job_id = %s AND c.label = 'members.member' AND c.object_id = m.id AND m.id IN ({changed})",
            [run.now, run.job_id],
        )
        for table in ("members_pointsentry", "members_memberteam"):
            run.execute(f"DELETE FROM {table} WHERE member_id IN ({made})")
        run.execute(f"DELETE FROM members_member WHERE id IN ({made})")


def _join(batch: Batch) -> str:
    if batch.is_late:
        return "LEFT JOIN members_identity i ON i.kind = 'wechat' AND i.value = r.wechat"
    return "LEFT JOIN members_member p ON p.phone = r.phone"


def _found(batch: Batch) -> str:
    return "i.member_id" if batch.is_late else "p.id"


def _write_sql(run: Run, batch: Batch) -> str:
    """One statement that writes the batch's members, ledger and journal, and says what became of each row."""
    names = ", ".join(_NEW)
    sets = ", ".join(f"{name} = {value}" for name, value in _MERGED.items())
    return f"""
    WITH b AS MATERIALIZED (
      SELECT r.*, {_found(batch)} AS old_id, t.id AS tier_id, inv.id AS inviter_id,
        r.target_id IS NOT NULL AS is_adopted,
        CASE WHEN {_found(batch)} IS NULL
          THEN nextval(pg_get_serial_sequence('members_member', 'id')) END AS new_id
      FROM {run.rows} r {_join(batch)}
      LEFT JOIN members_tier t ON t.name = r.tier
      LEFT JOIN members_member inv ON inv.phone = r.inviter_phone
      WHERE {batch.where} AND r.outcome = {Outcome.PENDING.value}),
    created AS (
      INSERT INTO members_member AS m (id, phone, inviter_id, lifecycle, created_at, updated_at, {names})
      SELECT b.new_id, b.phone, b.inviter_id, CASE WHEN b.total_spent > 0 THEN 'new' ELSE 'prospect' END,
        %(now)s, %(now)s, {", ".join(_NEW.values())}
      FROM b WHERE b.old_id IS NULL ORDER BY b.row_no
      ON CONFLICT (phone) DO NOTHING RETURNING m.id),
    changed AS (
      UPDATE members_member m SET {sets}, updated_at = %(now)s FROM b
      WHERE m.id = b.old_id AND ({", ".join(_MERGED.values())})
        IS DISTINCT FROM ({", ".join(f"m.{name}" for name in _MERGED)})
      RETURNING m.id),
    ledger AS (
      INSERT INTO members_pointsentry (member_id, delta, reason, key, note, at)
      SELECT s.member_id, s.delta, '{PointsReason.IMPORT.value}', 'import:' || %(job)s || ':' || s.member_id,
        '', %(now)s
      FROM (
        SELECT created.id AS member_id, b.points AS delta
        FROM b JOIN created ON created.id = b.new_id
        UNION ALL
        SELECT m.id, b.points - m.points_balance
        FROM b JOIN changed ON changed.id = b.old_id JOIN members_member m ON m.id = b.old_id) s
      WHERE s.delta <> 0),
    journal AS (
      INSERT INTO imports_change (job_id, label, object_id, before)
      SELECT %(job)s, 'members.member', created.id, NULL FROM created
      UNION ALL
      SELECT %(job)s, 'members.member', m.id, {BEFORE} FROM members_member m JOIN changed ON changed.id = m.id
      ON CONFLICT DO NOTHING)
    UPDATE {run.rows} r SET target_id = coalesce(b.old_id, created.id),
      outcome = CASE WHEN created.id IS NOT NULL THEN {Outcome.CREATED.value}
        WHEN changed.id IS NOT NULL OR b.is_adopted THEN {Outcome.UPDATED.value}
        WHEN b.old_id IS NOT NULL THEN {Outcome.UNCHANGED.value} ELSE r.outcome END
    FROM b LEFT JOIN created ON created.id = b.new_id LEFT JOIN changed ON changed.id = b.old_id
    WHERE r.row_no = b.row_no
    """
