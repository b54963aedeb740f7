"""What rows must prove about posts (D1)."""

from apps.core.invariants import invariant

invariant(
    "D1",
    "every post target's delivery has the key of its place",
    """
    SELECT t.id FROM content_calendar_posttarget t JOIN channels_delivery d ON d.id = t.delivery_id
    WHERE d.key <> format('post:%s:%s:%s:%s', t.post_id, t.group_id, t.occurrence, t.part)
    """,
)
invariant(
    "D1",
    "every delivery of a post has its target",
    """
    SELECT d.id FROM channels_delivery d
    WHERE d.key LIKE 'post:%'
      AND NOT EXISTS (SELECT 1 FROM content_calendar_posttarget t WHERE t.delivery_id = d.id)
    """,
)
invariant(
    "D1",
    "a scheduled or finished post has targets",
    """
    SELECT p.id FROM content_calendar_post p
    WHERE p.state IN ('scheduled', 'finished')
      AND NOT EXISTS (SELECT 1 FROM content_calendar_posttarget t WHERE t.post_id = p.id)
    """,
)
invariant(
    "D1",
    "no two live deliveries for one post, group, occurrence and part",
    """
    SELECT t.post_id, t.group_id, t.occurrence, t.part
    FROM content_calendar_posttarget t JOIN channels_delivery d ON d.id = t.delivery_id
    WHERE d.state <> 'cancelled'
    GROUP BY 1, 2, 3, 4 HAVING count(*) > 1
    """,
)
invariant(
    "S1",
    "a scheduled or finished post was approved by another person",
    """
    SELECT p.id FROM content_calendar_post p
    WHERE p.state IN ('scheduled', 'finished')
      AND (p.approved_by_id IS NULL OR p.approved_by_id IN (p.author_id, p.submitted_by_id)
           OR NOT EXISTS (
               SELECT 1 FROM accounts_approval a JOIN django_content_type c ON c.id = a.subject_type_id
               WHERE c.app_label = 'content_calendar' AND c.model = 'post' AND a.subject_id = p.id
                 AND a.state = 'approved' AND a.decided_by_id = p.approved_by_id
                 AND a.decided_by_id <> a.requested_by_id))
    """,
)
