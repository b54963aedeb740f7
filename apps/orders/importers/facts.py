"""What imported orders mean elsewhere: events, and what their buyers have spent."""

from apps.events.enums import EventKind
from apps.imports.services.running import Run, UndoRun
from apps.imports.services.targets import Step
from apps.members.enums import Lifecycle

#: Orders that the job created.
_MADE = (
    "SELECT c.object_id FROM imports_change c WHERE c.job_id = %(job)s AND c.label = 'orders.order'"
    " AND c.before IS NULL"
)


class FactStep(Step):
    """Runs after all other steps: by then a higher room may have said which group an order came from."""

    name = "facts"
    order = 90
    tables = ("members_member",)

    def finish(self, run: Run) -> None:
        values = {
            "now": run.now,
            "job": run.job_id,
            "actor": run.actor.pk if run.actor else None,
            "created": EventKind.ORDER_CREATED.value,
            "paid": EventKind.ORDER_PAID.value,
            "refunded": EventKind.ORDER_REFUNDED.value,
            "cost": EventKind.ORDER_COST.value,
            "prospect": Lifecycle.PROSPECT.value,
            "new": Lifecycle.NEW.value,
        }
        run.execute(
            f"""
            INSERT INTO events_event
              (occurred_at, kind, key, team_id, actor_id, group_id, member_id, subject, value, data)
            SELECT o.ordered_at, k.kind, k.kind || ':import:' || o.id, o.team_id, %(actor)s, o.group_id,
              o.member_id, 'order:' || o.id, k.value,
              jsonb_build_object('source', 'import', 'job', %(job)s::bigint)
            FROM orders_order o CROSS JOIN LATERAL (VALUES
              (%(created)s, o.amount),
              (%(paid)s, CASE WHEN o.paid_at IS NOT NULL THEN o.amount END),
              (%(refunded)s, nullif(o.refund_amount, 0)),
              (%(cost)s, CASE WHEN o.paid_at IS NOT NULL
                THEN nullif(o.cost - round(o.cost * o.refund_amount / greatest(o.amount, 0.01), 2), 0) END))
              AS k(kind, value)
            WHERE o.id IN ({_MADE}) AND k.value IS NOT NULL
            ON CONFLICT DO NOTHING
            """,
            values,
        )
        # A member file may have brought a total that counts these orders already: it is raised to what the
        # orders say, never added to.
        run.execute(
            f"""
            WITH net AS MATERIALIZED (
              SELECT o.member_id, sum(greatest(0, least(o.amount, o.paid_amount - coalesce(d.total, 0)))) AS total
              FROM orders_order o LEFT JOIN LATERAL (
                SELECT sum(r.amount) AS total FROM orders_refund r WHERE r.order_id = o.id AND r.state = 'done') d
                ON true
              WHERE o.paid_at IS NOT NULL
                AND o.member_id IN (SELECT x.member_id FROM orders_order x WHERE x.id IN ({_MADE}))
              GROUP BY 1),
            less AS MATERIALIZED (
              SELECT m.id, m.total_spent, m.lifecycle, net.total FROM members_member m
              JOIN net ON net.member_id = m.id AND net.total > m.total_spent ORDER BY m.id FOR UPDATE OF m),
            journal AS (
              INSERT INTO imports_change (job_id, label, object_id, before)
              SELECT %(job)s, 'orders.spent', id,
                jsonb_build_object('total_spent', total_spent, 'lifecycle', lifecycle) FROM less)
            UPDATE members_member m SET total_spent = less.total, updated_at = %(now)s,
              lifecycle = CASE m.lifecycle WHEN %(prospect)s THEN %(new)s ELSE m.lifecycle END
            FROM less WHERE m.id = less.id
            """,
            values,
        )

    def undo(self, run: UndoRun) -> None:
        """Totals go back where nothing has happened to the member since."""
        run.execute(
            "UPDATE members_member m SET total_spent = (c.before->>'total_spent')::numeric,"
            " lifecycle = c.before->>'lifecycle', updated_at = %(now)s"
            " FROM imports_change c WHERE c.job_id = %(job)s AND c.label = 'orders.spent'"
            " AND c.object_id = m.id AND m.updated_at = %(stamp)s",
            {"now": run.now, "job": run.job_id, "stamp": run.stamp},
        )
