"""C13 in rows."""

from apps.core.invariants import invariant

invariant(
    "C13",
    "a held grant has an open flag that says why",
    """SELECT g.id FROM campaigns_grant AS g WHERE g.state = 'held' AND NOT EXISTS (
         SELECT 1 FROM campaigns_flag AS f WHERE f.entry_id = g.entry_id AND f.state = 'open')""",
)
invariant(
    "C13",
    "nothing of a held grant has reached the member",
    """SELECT g.id FROM campaigns_grant AS g WHERE g.state = 'held' AND (
         EXISTS (SELECT 1 FROM campaigns_coupon AS c WHERE c.grant_id = g.id)
         OR EXISTS (SELECT 1 FROM campaigns_code AS c WHERE c.grant_id = g.id)
         OR EXISTS (SELECT 1 FROM members_pointsentry AS p WHERE p.key = 'grant:' || g.id)
         OR EXISTS (SELECT 1 FROM members_membershipentry AS m WHERE m.key = 'grant:' || g.id))""",
)
invariant(
    "C13",
    "a decided flag says when and why",
    "SELECT id FROM campaigns_flag WHERE state <> 'open' AND (decided_at IS NULL OR note = '')",
)
invariant(
    "C13",
    "a flag speaks of its own run, entry and contribution",
    """SELECT f.id FROM campaigns_flag AS f JOIN campaigns_entry AS e ON e.id = f.entry_id
       LEFT JOIN campaigns_contribution AS c ON c.id = f.contribution_id
       WHERE f.run_id <> e.run_id OR (c.id IS NOT NULL AND c.entry_id <> f.entry_id)
         OR (c.id IS NULL AND f.contribution_id IS NOT NULL)""",
)
