"""Writing orders, payments and refunds.

Locks are taken in one order everywhere: what the owner holds (``owners.OrderOwner.lock``), the order's row, its
refunds, the member's row last.
"""
