"""What rows prove about benefits and coupons beside their runs. Each query returns what breaks the promise."""

from apps.core.invariants import invariant

invariant(
    "C3",
    "a benefit has issued what its grants and printed coupons say",
    """SELECT b.id FROM campaigns_benefit AS b
       LEFT JOIN (SELECT benefit_id, sum(quantity) AS given FROM campaigns_grant
                  WHERE state NOT IN ('unfunded', 'void') GROUP BY 1) AS g ON g.benefit_id = b.id
       LEFT JOIN (SELECT benefit_id, count(*) AS printed FROM campaigns_coupon
                  WHERE grant_id IS NULL GROUP BY 1) AS c ON c.benefit_id = b.id
       WHERE b.issued <> COALESCE(g.given, 0) + COALESCE(c.printed, 0)""",
)
invariant(
    "C3",
    "a coupon saved no more than its bill, and only used ones saved",
    """SELECT id FROM campaigns_coupon WHERE saved_amount > order_amount
         OR (state = 'used') <> (saved_amount IS NOT NULL)""",
)
