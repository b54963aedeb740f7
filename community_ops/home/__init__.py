"""The front page of the admin: what is due, what waits for me, what went wrong, today's figures."""

from typing import Any

from django.http import HttpRequest

from community_ops.home.charts import charts
from community_ops.home.page import live


def dashboard_callback(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add what ``templates/admin/index.html`` shows; the live part is the same as the 15-second fragment's."""
    return {**context, "home": live(request), "charts": charts(request)}
