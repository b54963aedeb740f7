"""What rows prove about entries: seats, scores, ranks, claims, ends. Each query returns what breaks the promise."""

from apps.core.invariants import invariant

invariant(
    "C2",
    "an entry has one live contribution per key",
    "SELECT entry_id, key FROM campaigns_contribution WHERE state <> 'void' GROUP BY 1, 2 HAVING count(*) > 1",
)
invariant(
    "C2", "nobody is past a limit", "SELECT id FROM campaigns_memberquota WHERE used > most OR used < 0"
)
invariant("C4", "no score is over its ceiling", "SELECT id FROM campaigns_entry WHERE score > ceiling")
invariant(
    "C4",
    "an entry's score, count and pending count are those of its contributions",
    """SELECT e.id FROM campaigns_entry AS e LEFT JOIN (
         SELECT entry_id, COALESCE(sum(value) FILTER (WHERE state = 'counted'), 0) AS score,
           count(*) FILTER (WHERE is_seat AND state = 'counted') AS seats,
           count(*) FILTER (WHERE is_seat AND state = 'pending') AS waiting
         FROM campaigns_contribution GROUP BY 1) AS c ON c.entry_id = e.id
       WHERE (e.score, e.count, e.pending_count)
         <> (COALESCE(c.score, 0), COALESCE(c.seats, 0), COALESCE(c.waiting, 0))""",
)
invariant(
    "C5",
    "no entry has more seats than its capacity",
    "SELECT id FROM campaigns_entry WHERE count + pending_count > capacity",
)
invariant(
    "C5",
    "who paid for a seat of an entry that failed gets everything back",
    """SELECT c.id FROM campaigns_contribution AS c JOIN campaigns_entry AS e ON e.id = c.entry_id
       JOIN orders_order AS o ON o.id = c.order_id
       WHERE e.state = 'failed' AND c.is_seat AND o.paid_at IS NOT NULL AND o.refund_amount < o.paid_amount""",
)
#: After settlement a voided contribution changes a score, while ranks stand: such entries are not compared.
invariant(
    "C7",
    "ranks of a settled run are in the order of scores, without gaps",
    """WITH ranked AS (
         SELECT e.id, e.run_id, e.rank, e.score, e.score_at,
           EXISTS (SELECT 1 FROM campaigns_contribution AS c WHERE c.entry_id = e.id AND c.ended_at > r.ranked_at)
             AS is_revoked
         FROM campaigns_entry AS e JOIN campaigns_run AS r ON r.id = e.run_id
         WHERE e.rank IS NOT NULL AND r.ranked_at IS NOT NULL),
       placed AS (
         SELECT *, row_number() OVER (PARTITION BY run_id ORDER BY rank) AS place,
           row_number() OVER (PARTITION BY run_id, is_revoked ORDER BY rank) AS by_rank,
           row_number() OVER (PARTITION BY run_id, is_revoked ORDER BY score DESC, score_at, id) AS by_score
         FROM ranked)
       SELECT id FROM placed WHERE place <> rank OR (NOT is_revoked AND by_rank <> by_score)
       UNION ALL
       SELECT e.id FROM campaigns_entry AS e JOIN campaigns_run AS r ON r.id = e.run_id
       WHERE e.rank IS NOT NULL AND r.ranked_at IS NULL""",
)
invariant(
    "C8",
    "what only one may hold is held by an entry of the same run",
    """SELECT c.id FROM campaigns_claim AS c LEFT JOIN campaigns_entry AS e ON e.id = c.entry_id
       WHERE e.run_id IS DISTINCT FROM c.run_id""",
)
invariant(
    "C9",
    "an entry with one seat has at most one counted seat",
    """SELECT e.id FROM campaigns_entry AS e JOIN campaigns_contribution AS c ON c.entry_id = e.id
       WHERE e.capacity = 1 AND c.is_seat AND c.state = 'counted' GROUP BY e.id HAVING count(*) > 1""",
)
invariant(
    "C10",
    "a settled run has no entry that is still going on",
    """SELECT e.id FROM campaigns_entry AS e JOIN campaigns_run AS r ON r.id = e.run_id
       WHERE r.state = 'settled' AND e.state IN ('pending', 'open', 'matched', 'disputed')""",
)
