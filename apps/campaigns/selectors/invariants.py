"""What the rows of campaigns can prove. Each query returns the rows that break the promise."""

from apps.campaigns.selectors import (  # noqa: F401 - they register their own
    invariants_grants,
    invariants_risk,
    invariants_standing,
)
from apps.core.invariants import invariant

invariant(
    "C1",
    "a run has never taken more than its stock",
    "SELECT run_id FROM campaigns_runstock WHERE stock IS NOT NULL AND reserved + sold > stock",
)
invariant(
    "C3",
    "the granted cost of a run is the sum of its costed grants",
    """SELECT s.run_id FROM campaigns_runstock AS s
       LEFT JOIN (SELECT run_id, sum(cost) AS total FROM campaigns_grant
                  WHERE state NOT IN ('unfunded', 'void') GROUP BY 1) AS g ON g.run_id = s.run_id
       WHERE s.granted_cost <> COALESCE(g.total, 0)""",
)
invariant(
    "C3",
    "granted cost stays within the budget",
    "SELECT run_id FROM campaigns_runstock WHERE budget IS NOT NULL AND granted_cost > budget",
)
invariant(
    "C3",
    "a code belongs to one grant of its own benefit",
    """SELECT c.id FROM campaigns_code AS c LEFT JOIN campaigns_grant AS g ON g.id = c.grant_id
       WHERE c.grant_id IS NOT NULL AND (g.id IS NULL OR g.benefit_id <> c.benefit_id)""",
)
invariant(
    "C3",
    "an issued code grant has as many codes as it promises",
    """SELECT g.id FROM campaigns_grant AS g
       LEFT JOIN (SELECT grant_id, count(*) AS codes FROM campaigns_code GROUP BY 1) AS c ON c.grant_id = g.id
       WHERE g.kind = 'code' AND g.state = 'issued' AND COALESCE(c.codes, 0) <> g.quantity""",
)
invariant(
    "C3",
    "an issued coupon grant has as many coupons as it promises",
    """SELECT g.id FROM campaigns_grant AS g
       LEFT JOIN (SELECT grant_id, count(*) AS coupons FROM campaigns_coupon GROUP BY 1) AS c ON c.grant_id = g.id
       WHERE g.kind = 'coupon' AND g.state = 'issued' AND COALESCE(c.coupons, 0) <> g.quantity""",
)
invariant(
    "C11",
    "an action points to an entry of its run",
    """SELECT a.id FROM campaigns_memberaction AS a LEFT JOIN campaigns_entry AS e ON e.id = a.entry_id
       WHERE e.id IS NULL OR e.run_id <> a.run_id""",
)
