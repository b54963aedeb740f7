"""What the rows of the outbox can prove. Each query returns the rows that break the promise."""

from apps.core.invariants import invariant

invariant(
    "D1",
    "what was sent has an accepted attempt, or a person's word",
    """SELECT d.id FROM channels_delivery AS d
       WHERE d.state = 'sent' AND NOT EXISTS (
           SELECT 1 FROM channels_attempt AS a
           WHERE a.delivery_id = d.id AND a.outcome IN ('accepted', 'by_person'))""",
)

invariant(
    "D2",
    "a request was preceded by its attempt",
    """SELECT d.id FROM channels_delivery AS d
       WHERE d.state IN ('sending', 'sent', 'unknown') AND NOT EXISTS (
           SELECT 1 FROM channels_attempt AS a WHERE a.delivery_id = d.id AND a.number = d.attempt_count)""",
)

invariant(
    "D2",
    "attempts are numbered without gaps",
    """SELECT d.id FROM channels_delivery AS d
       LEFT JOIN channels_attempt AS a ON a.delivery_id = d.id
       WHERE d.attempt_count > 0 OR a.id IS NOT NULL
       GROUP BY d.id, d.attempt_count HAVING count(a.id) <> d.attempt_count""",
)

invariant(
    "D3",
    "nothing stays in the hands of a worker that died",
    """SELECT id FROM channels_channel WHERE leased_until < now() - interval '5 minutes'
       UNION ALL
       SELECT d.id FROM channels_delivery AS d JOIN channels_channel AS c ON c.id = d.channel_id
       WHERE d.state IN ('claimed', 'sending') AND d.leased_until < now() - interval '5 minutes'
         AND (c.leased_until IS NULL OR c.leased_until < now() - interval '5 minutes')""",
)

invariant(
    "D3",
    "the machine never sent again what was in doubt",
    """SELECT a.id FROM channels_attempt AS a
       JOIN channels_attempt AS later ON later.delivery_id = a.delivery_id AND later.number = a.number + 1
       JOIN channels_delivery AS d ON d.id = a.delivery_id
       JOIN channels_channel AS c ON c.id = d.channel_id AND NOT c.is_at_least_once
       WHERE a.outcome IN ('started', 'ambiguous', 'accepted') AND later.outcome <> 'by_person'
         AND NOT EXISTS (SELECT 1 FROM accounts_auditentry AS e
                         WHERE e.action = 'delivery.resend' AND e.target = 'channels.delivery:' || d.id)""",
)

# The platform sees a message after its start and before its end. So if the one ``rate_limit`` places later began
# more than a window after this one ended, no window on any clock holds more. A limit changed since is not judged.
invariant(
    "D5",
    "no more messages than the channel's limit in any window",
    """SELECT id FROM (
           SELECT a.id, a.started_at, c.rate_window_seconds, c.updated_at,
                  lag(a.finished_at, c.rate_limit::int) OVER in_order AS earlier_finished_at,
                  lag(a.started_at, c.rate_limit::int) OVER in_order AS earlier_started_at
           FROM channels_delivery AS d
           JOIN channels_attempt AS a ON a.delivery_id = d.id AND a.outcome = 'accepted'
           JOIN channels_channel AS c ON c.id = d.channel_id
           WHERE d.state = 'sent' AND d.sent_at > now() - interval '1 day'
           WINDOW in_order AS (PARTITION BY d.channel_id ORDER BY a.started_at, a.id)
       ) AS paced
       WHERE earlier_started_at > updated_at
         AND started_at < earlier_finished_at + make_interval(secs => rate_window_seconds)""",
)

invariant(
    "D6",
    "what is past its cutoff was called missed",
    """SELECT id FROM channels_delivery
       WHERE state IN ('pending', 'held', 'awaiting_person') AND due_at <= now()
         AND cutoff_at < now() - interval '5 minutes'""",
)

invariant(
    "D9",
    "a channel that does not send holds its queue",
    """SELECT d.id FROM channels_delivery AS d JOIN channels_channel AS c ON c.id = d.channel_id
       WHERE c.state <> 'active' AND d.state = 'pending' AND d.due_at < now() - interval '1 minute'
         AND c.updated_at < now() - interval '1 minute'""",
)
