"""Writing orders with their payments and refunds as a shop's export tells them (M1, C5)."""

from apps.events.enums import EventKind
from apps.imports.enums import Outcome
from apps.imports.services.running import Batch, Run, UndoRun
from apps.imports.services.targets import Step

#: SQL over a row ``r``: whether money came, how much went back, and the state that follows.
_IS_UNPAID = "coalesce(r.status, 'paid') IN ('awaiting', 'cancelled')"
_PAID = f"CASE WHEN {_IS_UNPAID} THEN 0 ELSE r.amount END"
_REFUND = (
    f"CASE WHEN {_IS_UNPAID} THEN 0 WHEN r.status = 'refunded' AND coalesce(r.refund_amount, 0) = 0"
    " THEN r.amount ELSE coalesce(r.refund_amount, 0) END"
)
_STATE = (
    f"CASE WHEN {_IS_UNPAID} THEN r.status WHEN {_REFUND} = 0 THEN 'paid'"
    f" WHEN {_REFUND} >= r.amount THEN 'refunded' ELSE 'partly_refunded' END"
)
_TRIES = 3


class OrderStep(Step):
    """An order that is there already is left as it is: money in the books moves by payments and refunds only.

    The shop took the money, so the orders are its (``webhook``): refunds are made there. A refund's own time is
    not in the file; it gets the order's.
    """

    name = "orders"
    order = 20
    tables = ("orders_order", "orders_payment", "orders_refund")

    def write(self, run: Run, batch: Batch) -> None:
        if batch.is_repeat:
            return
        for _try in range(_TRIES):
            run.execute(_write_sql(run, batch), {"now": run.now, "job": run.job_id})
            # Empty unless somebody else opened an order of the same number meanwhile.
            if not run.fetch(
                f"SELECT 1 FROM {run.rows} r WHERE {batch.where} AND r.outcome = {Outcome.PENDING.value} LIMIT 1"
            ):
                break
        if batch.number == 0:
            run.execute("ANALYZE orders_order")  # for the steps of higher rooms, as for the buyers
        run.note(
            "order.known",
            f"SELECT r.row_no, r.order_no FROM {run.rows} r JOIN orders_order o ON o.id = r.target_id"
            f" WHERE {batch.where} AND r.outcome = {Outcome.UNCHANGED.value}"
            f" AND (o.amount <> r.amount OR o.state <> {_STATE} OR o.refund_amount <> {_REFUND})",
        )

    def touched(self, run: UndoRun) -> None:
        made = run.journaled("orders.order", created=True)
        run.keep(
            "orders.order",
            "order.changed",
            f"SELECT o.id FROM orders_order o WHERE o.id IN ({made}) AND o.updated_at <> %(stamp)s"
            f" UNION SELECT r.order_id FROM orders_refund r WHERE r.order_id IN ({made})"
            "   AND r.updated_at <> %(stamp)s"
            f" UNION SELECT p.order_id FROM orders_payment p WHERE p.order_id IN ({made})"
            "   AND NOT starts_with(p.transaction_no, 'import:')",
            {"stamp": run.stamp},
        )

    def undo(self, run: UndoRun) -> None:
        """Delete the orders. Facts are never deleted: what was paid and kept is balanced as given back."""
        made = run.journaled("orders.order", created=True)
        run.execute(
            f"""
            INSERT INTO events_event
              (occurred_at, kind, key, team_id, actor_id, group_id, member_id, subject, value, data)
            SELECT o.ordered_at, k.kind, k.kind || ':undo:' || o.id, o.team_id, %(actor)s, o.group_id,
              o.member_id, 'order:' || o.id, k.value,
              jsonb_build_object('undo_of_import', %(job)s::bigint)
            FROM orders_order o CROSS JOIN LATERAL (VALUES
              (%(kind)s, o.amount - o.refund_amount),
              (%(cost)s, round(o.cost * o.refund_amount / greatest(o.amount, 0.01), 2) - o.cost)) AS k(kind, value)
            WHERE o.id IN ({made}) AND o.paid_at IS NOT NULL AND o.amount > o.refund_amount AND k.value <> 0
            ON CONFLICT DO NOTHING
            """,
            {
                "kind": EventKind.ORDER_REFUNDED.value,
                "cost": EventKind.ORDER_COST.value,
                "actor": run.actor.pk if run.actor else None,
                "job": run.job_id,
            },
        )
        for table, column in (
            ("orders_refund", "order_id"),
            ("orders_payment", "order_id"),
            ("orders_order", "id"),
        ):
            run.execute(f"DELETE FROM {table} WHERE {column} IN ({made})")


def _write_sql(run: Run, batch: Batch) -> str:
    """One statement: orders, payments, refunds, journal, and what became of each row."""
    return f"""
    WITH b AS MATERIALIZED (
      SELECT r.row_no, r.order_no, m.id AS member_id, o.id AS old_id, coalesce(r.title, r.order_no) AS title,
        coalesce(r.quantity, 1) AS quantity, r.amount, coalesce(r.cost, 0) AS cost,
        coalesce(r.ordered_at, %(now)s) AS at, {_PAID} AS paid, {_REFUND} AS refund, {_STATE} AS state,
        CASE WHEN o.id IS NULL THEN nextval(pg_get_serial_sequence('orders_order', 'id')) END AS new_id
      FROM {run.rows} r JOIN members_member m ON m.phone = r.phone
      LEFT JOIN orders_order o ON o.number = r.order_no
      WHERE {batch.where} AND r.outcome = {Outcome.PENDING.value}),
    named AS (SELECT name, min(id) AS id FROM orders_product GROUP BY name HAVING count(*) = 1),
    created AS (
      INSERT INTO orders_order
        (id, number, member_id, product_id, title, quantity, unit_price, amount, paid_amount, refund_amount, cost,
         state, provider, ordered_at, paid_at, closed_at, created_at, updated_at)
      SELECT b.new_id, b.order_no, b.member_id, named.id, b.title, b.quantity, round(b.amount / b.quantity, 2),
        b.amount, b.paid, b.refund, b.cost, b.state, 'webhook', b.at,
        CASE WHEN b.state NOT IN ('awaiting', 'cancelled') THEN b.at END,
        CASE WHEN b.state = 'cancelled' THEN b.at END, %(now)s, %(now)s
      FROM b LEFT JOIN named ON named.name = b.title WHERE b.old_id IS NULL ORDER BY b.row_no
      ON CONFLICT (number) DO NOTHING RETURNING id),
    received AS (
      INSERT INTO orders_payment (order_id, provider, transaction_no, amount, paid_at, data)
      SELECT b.new_id, 'webhook', 'import:' || b.order_no, b.paid, b.at,
        jsonb_build_object('import', %(job)s::bigint)
      FROM b JOIN created ON created.id = b.new_id WHERE b.paid > 0 RETURNING id, order_id),
    returned AS (
      INSERT INTO orders_refund
        (order_id, payment_id, key, number, amount, reason, state, requested_at, available_at, done_at,
         created_at, updated_at)
      SELECT b.new_id, received.id, 'import:' || b.order_no, 'I' || b.new_id, b.refund, '', 'done', b.at, b.at,
        b.at, %(now)s, %(now)s
      FROM b JOIN received ON received.order_id = b.new_id WHERE b.refund > 0),
    journal AS (
      INSERT INTO imports_change (job_id, label, object_id)
      SELECT %(job)s, 'orders.order', created.id FROM created)
    UPDATE {run.rows} r SET target_id = coalesce(b.old_id, created.id),
      outcome = CASE WHEN created.id IS NOT NULL THEN {Outcome.CREATED.value}
        WHEN b.old_id IS NOT NULL THEN {Outcome.UNCHANGED.value} ELSE r.outcome END
    FROM b LEFT JOIN created ON created.id = b.new_id
    WHERE r.row_no = b.row_no
    """
