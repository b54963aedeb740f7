"""Orders for coupons to be used on."""

from tests.orders.conftest import make_order, member  # noqa: F401 - fixtures
