"""The members whom a file of orders names by their phones: found, or made (M3)."""

from apps.imports.enums import Outcome
from apps.imports.services.running import Batch, Run, UndoRun
from apps.imports.services.targets import Step
from apps.members.importers.scope import hidden_from
from apps.members.models import Member
from apps.members.services.sight import granted_teams


class BuyerStep(Step):
    name = "buyers"
    order = 10
    tables = ("members_member", "members_memberteam")

    def write(self, run: Run, batch: Batch) -> None:
        if batch.is_repeat:
            return
        self._refuse_hidden(run, batch)
        run.execute(
            f"""
            WITH made AS (
              INSERT INTO members_member (phone, nickname, city, source, note, created_at, updated_at)
              SELECT DISTINCT r.phone, '', '', '', '', %(now)s::timestamptz, %(now)s::timestamptz
              FROM {run.rows} r WHERE {batch.where} AND r.phone IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM members_member m WHERE m.phone = r.phone)
              ON CONFLICT (phone) DO NOTHING RETURNING id),
            sight AS (
              INSERT INTO members_memberteam (member_id, team_id, is_granted)
              SELECT made.id, t.id, true FROM made, unnest(%(teams)s::bigint[]) AS t(id))
            INSERT INTO imports_change (job_id, label, object_id)
            SELECT %(job)s, 'members.member', id FROM made
            """,
            {"now": run.now, "job": run.job_id, "teams": granted_teams(run.actor)},
        )
        if batch.number == 0:
            # The orders come next in this batch: with the numbers of an empty table they would be joined in loops.
            run.execute("ANALYZE members_member")

    def _refuse_hidden(self, run: Run, batch: Batch) -> None:
        """A member who is only in other teams' groups is not this person's to write about (S1)."""
        hidden = hidden_from(run.actor, "m.id")
        if hidden is None:
            return
        select = (
            f"SELECT r.row_no, NULL FROM {run.rows} r JOIN members_member m ON m.phone = r.phone"
            f" WHERE {batch.where} AND {hidden}"
        )
        if run.note("buyer.hidden", select):
            run.execute(
                f"UPDATE {run.rows} r SET outcome = {Outcome.REJECTED.value} FROM {run.tables.notes} n"
                f" WHERE {batch.where} AND n.row_no = r.row_no AND n.code = 'buyer.hidden'"
            )

    def touched(self, run: UndoRun) -> None:
        made = run.journaled("members.member", created=True)
        run.keep(
            "members.member",
            "buyer.changed",
            f"SELECT m.id FROM members_member m WHERE m.id IN ({made}) AND m.updated_at <> %s",
            [run.stamp],
        )
        run.keep(
            "members.member",
            "buyer.linked",
            f"SELECT o.member_id FROM orders_order o WHERE o.member_id IN ({made})"
            f" AND o.id NOT IN ({run.journaled('orders.order', created=True)})"
            f" UNION SELECT m.inviter_id FROM members_member m WHERE m.inviter_id IN ({made})",
        )
        for relation in Member._meta.related_objects:
            table, column = relation.related_model._meta.db_table, relation.field.column
            if table in run.tables or relation.many_to_many:
                continue
            run.keep(
                "members.member",
                "buyer.linked",
                f"SELECT x.{column} FROM {table} x WHERE x.{column} IN ({made})",
            )

    def undo(self, run: UndoRun) -> None:
        made = run.journaled("members.member", created=True)
        run.execute(f"DELETE FROM members_memberteam WHERE member_id IN ({made})")
        run.execute(f"DELETE FROM members_member WHERE id IN ({made})")
