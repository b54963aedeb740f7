"""Binding WeChat accounts to members."""

from apps.imports.enums import Outcome
from apps.imports.services.running import Batch, Run, UndoRun
from apps.imports.services.targets import Step
from apps.members.enums import IdentityKind


class IdentityStep(Step):
    name = "identities"
    order = 20
    columns = ("wechat",)
    tables = ("members_identity",)

    def identify(self, run: Run) -> None:
        """Give a row without a phone the one that its account has, in the file or already stored.

        Then it is found to repeat the row or the member with that phone, instead of changing it in turns.
        """
        rows = f"UPDATE {run.rows} r SET phone = s.phone FROM"
        mine = (
            "WHERE r.phone IS NULL AND r.wechat = s.wechat AND coalesce(strpos(r.flags, ' phone! '), 0) = 0"
        )
        run.execute(
            f"{rows} (SELECT i.value AS wechat, m.phone FROM members_identity i JOIN members_member m"
            f"   ON m.id = i.member_id WHERE i.kind = '{IdentityKind.WECHAT.value}' AND m.phone IS NOT NULL"
            f"   AND i.value IN (SELECT wechat FROM {run.rows} WHERE phone IS NULL)) s {mine}"
        )
        run.execute(
            f"{rows} (SELECT wechat, min(phone) AS phone FROM {run.rows} WHERE phone IS NOT NULL"
            f"   AND wechat IN (SELECT wechat FROM {run.rows} WHERE phone IS NULL)"
            f"   GROUP BY wechat HAVING count(DISTINCT phone) = 1) s {mine}"
        )

    def write(self, run: Run, batch: Batch) -> None:
        """Bind each account that is free; one of another member stays there, with a warning."""
        rows = f"FROM {run.rows} r WHERE {batch.written} AND r.wechat IS NOT NULL"
        run.execute(
            f"""
            WITH added AS (
              INSERT INTO members_identity (member_id, kind, value, created_at, updated_at)
              SELECT DISTINCT ON (r.wechat) r.target_id, '{IdentityKind.WECHAT.value}', r.wechat, %(now)s, %(now)s
              {rows} ORDER BY r.wechat, r.row_no
              ON CONFLICT (kind, value) DO NOTHING RETURNING id, member_id, value),
            known AS (
              SELECT DISTINCT added.id, r.carrier FROM added JOIN {run.rows} r
                ON r.target_id = added.member_id AND r.wechat = added.value
              WHERE {batch.where} AND r.outcome <> {Outcome.CREATED.value}),
            journal AS (
              INSERT INTO imports_change (job_id, label, object_id)
              SELECT %(job)s, 'members.identity', id FROM known)
            UPDATE {run.rows} r SET outcome = {Outcome.UPDATED.value} FROM known
            WHERE r.row_no = known.carrier AND r.outcome = {Outcome.UNCHANGED.value}
            """,
            {"now": run.now, "job": run.job_id},
        )
        run.note(
            "wechat.taken",
            f"SELECT r.row_no, r.wechat FROM {run.rows} r JOIN members_identity i"
            f" ON i.kind = '{IdentityKind.WECHAT.value}' AND i.value = r.wechat AND i.member_id <> r.target_id"
            f" WHERE {batch.where}",
        )

    def touched(self, run: UndoRun) -> None:
        run.keep(
            "members.member",
            "member.identified",
            "SELECT i.member_id FROM members_identity i"
            f" WHERE i.member_id IN ({run.journaled('members.member', created=True)})"
            " AND (i.created_at <> %(stamp)s OR i.updated_at <> %(stamp)s)",
            {"stamp": run.stamp},
        )

    def undo(self, run: UndoRun) -> None:
        run.execute(
            "DELETE FROM members_identity i WHERE"
            f" (i.id IN ({run.journaled('members.identity')}) AND i.updated_at = %s AND NOT EXISTS"
            "  (SELECT 1 FROM import_kept k WHERE k.label = 'members.member' AND k.object_id = i.member_id))"
            f" OR i.member_id IN ({run.journaled('members.member', created=True)})",
            [run.stamp],
        )
