"""Page counts that stay cheap at a million rows."""

import json
from typing import Any

from django.core.paginator import Paginator
from django.db import connections
from django.utils.functional import cached_property

#: Up to here a count is exact; beyond it the planner's estimate is as good as anybody needs.
EXACT_UP_TO = 10_000


class EstimatedPaginator(Paginator):
    """Counts exactly up to ``EXACT_UP_TO`` rows and by the query planner's estimate beyond.

    An exact ``COUNT(*)`` over a million members costs more than the page itself. ``is_estimate`` says which
    of the two ``count`` is.
    """

    is_estimate = False

    @cached_property
    def count(self) -> int:
        query_set: Any = self.object_list
        if not hasattr(query_set, "query"):
            return len(query_set)
        bounded = query_set.order_by()[: EXACT_UP_TO + 1].count()
        if bounded <= EXACT_UP_TO:
            return bounded
        self.is_estimate = True
        return max(self._planned_rows(query_set), EXACT_UP_TO + 1)

    @staticmethod
    def _planned_rows(query_set: Any) -> int:
        sql, params = query_set.order_by().values("pk").query.sql_with_params()
        with connections[query_set.db].cursor() as cursor:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
            plan = cursor.fetchone()[0]
        if isinstance(plan, str):
            plan = json.loads(plan)
        return int(plan[0]["Plan"]["Plan Rows"])
