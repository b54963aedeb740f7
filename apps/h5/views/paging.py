"""Long lists, page by page."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from apps.core.numbers import whole

ROWS = 20


def page_by_key[M: Any](
    request: HttpRequest, rows: QuerySet[M], *, most: int = ROWS
) -> tuple[list[M], int | None]:
    """One page of ``rows``, which are newest first, and the id before which the next begins (``?before=``), ``None``
    at the end. It costs the same however far one turns; an odd ``before`` is the first page."""
    before = whole(request.GET.get("before"))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: most + 1])
    return found[:most], found[most - 1].pk if len(found) > most else None
