"""What rows prove about members."""

from apps.core.invariants import invariant

invariant(
    "M3",
    "phones are canonical",
    r"SELECT id FROM members_member WHERE phone !~ '^\+[1-9][0-9]{6,14}$' OR phone LIKE '+860%'",
)
invariant(
    "M3",
    "a phone belongs to one member",
    "SELECT phone FROM members_member WHERE phone IS NOT NULL GROUP BY phone HAVING count(*) > 1",
)
invariant(
    "M4",
    "a balance is the sum of its ledger",
    "SELECT m.id FROM members_member m LEFT JOIN (SELECT member_id, sum(delta) AS total"
    " FROM members_pointsentry GROUP BY 1) p ON p.member_id = m.id"
    " WHERE m.points_balance <> coalesce(p.total, 0)",
)
invariant("M4", "no balance is below zero", "SELECT id FROM members_member WHERE points_balance < 0")
