"""What the rows of orders can prove. Each query returns the rows that break the promise."""

from apps.core.invariants import invariant

invariant(
    "C5",
    "what an order was paid is the sum of its payments",
    """SELECT o.id FROM orders_order AS o
       LEFT JOIN (SELECT order_id, sum(amount) AS total FROM orders_payment GROUP BY 1) AS p ON p.order_id = o.id
       WHERE o.paid_amount <> coalesce(p.total, 0)""",
)
invariant(
    "C5",
    "what an order refunds is the sum of its refunds that did not fail",
    """SELECT o.id FROM orders_order AS o
       LEFT JOIN (SELECT order_id, sum(amount) AS total FROM orders_refund WHERE state <> 'failed' GROUP BY 1) AS r
         ON r.order_id = o.id
       WHERE o.refund_amount <> coalesce(r.total, 0)""",
)
invariant(
    "C5",
    "no more goes back than came in",
    """SELECT id FROM orders_order WHERE refund_amount > paid_amount
       UNION ALL
       SELECT p.id FROM orders_payment AS p JOIN orders_refund AS r ON r.payment_id = p.id AND r.state <> 'failed'
       GROUP BY p.id, p.amount HAVING sum(r.amount) > p.amount""",
)
invariant(
    "C5",
    "an order's state says what was paid back",
    """SELECT o.id FROM orders_order AS o
       LEFT JOIN (SELECT order_id, sum(amount) AS total FROM orders_refund WHERE state = 'done' GROUP BY 1) AS r
         ON r.order_id = o.id
       WHERE o.state IN ('paid', 'partly_refunded', 'refunded') AND o.amount > 0 AND o.state <> CASE
           WHEN o.paid_amount - coalesce(r.total, 0) >= o.amount THEN 'paid'
           WHEN o.paid_amount - coalesce(r.total, 0) <= 0 THEN 'refunded' ELSE 'partly_refunded' END""",
)
invariant(
    "C5",
    "money that came too late or twice goes back whole",
    """SELECT p.id FROM orders_payment AS p
       WHERE p.is_surplus AND NOT EXISTS (
           SELECT 1 FROM orders_refund AS r WHERE r.payment_id = p.id AND r.amount = p.amount)""",
)
invariant(
    "C5",
    "an order that nobody paid in time is closed",
    "SELECT id FROM orders_order WHERE state = 'awaiting' AND pay_before < now() - interval '5 minutes'",
)
