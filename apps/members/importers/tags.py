"""Tagging members."""

from apps.imports.enums import Outcome
from apps.imports.services.columns import BLANKS
from apps.imports.services.running import Batch, Run, UndoRun
from apps.imports.services.targets import Step

_MAX = 40


class TagStep(Step):
    name = "tags"
    order = 30
    columns = ("tags",)
    tables = ("members_membertag",)

    def prepare(self, run: Run) -> None:
        """Create the tags that are new. An undo leaves them: others may use them already."""
        run.execute(
            "INSERT INTO members_tag (name, category, created_at, updated_at)"
            f" SELECT DISTINCT left(btrim(w.word, {BLANKS}), {_MAX}), '', %(now)s::timestamptz, %(now)s::timestamptz"
            f" FROM {run.rows} r CROSS JOIN LATERAL unnest(r.tags) AS w(word)"
            f" WHERE btrim(w.word, {BLANKS}) <> '' AND r.outcome <> {Outcome.REJECTED.value}"
            " ON CONFLICT (name) DO NOTHING",
            {"now": run.now},
        )

    def write(self, run: Run, batch: Batch) -> None:
        """Add tags; a tag that the file does not name stays."""
        run.execute(
            f"""
            WITH pairs AS MATERIALIZED (
              SELECT DISTINCT r.carrier, r.outcome, r.target_id, t.id AS tag_id
              FROM {run.rows} r CROSS JOIN LATERAL unnest(r.tags) AS w(word)
              JOIN members_tag t ON t.name = left(btrim(w.word, {BLANKS}), {_MAX})
              WHERE {batch.written}),
            added AS (
              INSERT INTO members_membertag (member_id, tag_id, created_at)
              SELECT target_id, tag_id, %(now)s FROM pairs
              ON CONFLICT DO NOTHING RETURNING id, member_id, tag_id),
            known AS (
              SELECT DISTINCT added.id, pairs.carrier FROM added JOIN pairs
                ON pairs.target_id = added.member_id AND pairs.tag_id = added.tag_id
              WHERE pairs.outcome <> {Outcome.CREATED.value}),
            journal AS (
              INSERT INTO imports_change (job_id, label, object_id)
              SELECT %(job)s, 'members.membertag', id FROM known)
            UPDATE {run.rows} r SET outcome = {Outcome.UPDATED.value} FROM known
            WHERE r.row_no = known.carrier AND r.outcome = {Outcome.UNCHANGED.value}
            """,
            {"now": run.now, "job": run.job_id},
        )

    def touched(self, run: UndoRun) -> None:
        run.keep(
            "members.member",
            "member.tagged",
            "SELECT t.member_id FROM members_membertag t"
            f" WHERE t.member_id IN ({run.journaled('members.member', created=True)}) AND t.created_at <> %s",
            [run.stamp],
        )

    def undo(self, run: UndoRun) -> None:
        run.execute(
            "DELETE FROM members_membertag t WHERE"
            f" (t.id IN ({run.journaled('members.membertag')}) AND NOT EXISTS"
            "  (SELECT 1 FROM import_kept k WHERE k.label = 'members.member' AND k.object_id = t.member_id))"
            f" OR t.member_id IN ({run.journaled('members.member', created=True)})"
        )
