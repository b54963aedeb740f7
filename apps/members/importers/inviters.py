"""Who invited whom, once all rows are there: an inviter may stand later in the same file."""

from apps.imports.enums import Outcome
from apps.imports.services.running import CARRIERS, IS_WRITTEN, LATE, Run
from apps.imports.services.targets import Step
from apps.members.importers.profiles import BEFORE


class InviterStep(Step):
    name = "inviters"
    order = 40
    columns = ("inviter_phone",)

    def finish(self, run: Run) -> None:
        """Set inviters; of several rows about one member the last one's holds."""
        rows = (
            f"FROM {run.rows} r LEFT JOIN members_member i ON i.phone = r.inviter_phone"
            f" WHERE r.inviter_phone IS NOT NULL AND {IS_WRITTEN} AND r.pass IN ({CARRIERS}, {LATE + CARRIERS})"
        )
        run.note("inviter_phone.self", f"SELECT r.row_no, r.inviter_phone {rows} AND i.id = r.target_id")
        run.note("inviter_phone.unknown", f"SELECT r.row_no, r.inviter_phone {rows} AND i.id IS NULL")
        run.execute(
            f"""
            WITH last AS (
              SELECT DISTINCT ON (r.target_id) r.target_id, r.row_no, i.id AS inviter_id
              {rows} AND i.id <> r.target_id ORDER BY r.target_id, r.pass DESC, r.row_no DESC),
            pick AS MATERIALIZED (
              SELECT last.* FROM last JOIN members_member m ON m.id = last.target_id
              WHERE m.inviter_id IS DISTINCT FROM last.inviter_id),
            journal AS (
              INSERT INTO imports_change (job_id, label, object_id, before)
              SELECT %(job)s, 'members.member', m.id, {BEFORE}
              FROM members_member m JOIN pick ON pick.target_id = m.id
              ON CONFLICT DO NOTHING),
            linked AS (
              UPDATE members_member m SET inviter_id = pick.inviter_id, updated_at = %(now)s
              FROM pick WHERE m.id = pick.target_id)
            UPDATE {run.rows} r SET outcome = {Outcome.UPDATED.value} FROM pick
            WHERE r.row_no = pick.row_no AND r.outcome = {Outcome.UNCHANGED.value}
            """,
            {"now": run.now, "job": run.job_id},
        )
