"""``/healthz``, ``/readyz`` and ``/metrics``: for machines that watch us.

Served by a middleware ahead of all others: a probe calls by IP address and plain HTTP, which the host
check and the redirect to HTTPS would refuse.
"""

from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare

BROKER_SECONDS = 2
#: Set by proxies: with one of them, a request from loopback is somebody else's.
_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")


class HealthMiddleware:
    """Answers the three paths; passes everything else on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.views = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        view = self.views.get(request.path)
        if view is None:
            return self.get_response(request)
        response = view(request)
        response["Cache-Control"] = "no-store"
        return response


def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """200 if the database answers, its migrations are applied and the broker is reachable; else 503 with why.

    The answer names the failed check and its kind of error, never an address or a password.
    """
    checks = {"database": _database, "migrations": _migrations, "broker": _broker}
    answers: dict[str, str] = {}
    for name, check in checks.items():
        if name == "migrations" and answers["database"] != "ok":
            answers[name] = "not asked"
            continue
        try:
            answers[name] = check()
        except Exception as error:
            answers[name] = f"failed: {type(error).__name__}"
    ready = all(answer == "ok" for answer in answers.values())
    return JsonResponse({"ready": ready, "checks": answers}, status=200 if ready else 503)


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text; only for loopback, or with ``Authorization: Bearer <METRICS_TOKEN>``."""
    if not may_read_metrics(request):
        return HttpResponse("forbidden\n", status=403, content_type="text/plain")
    from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

    from community_ops.metrics import REGISTRY

    try:
        return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)
    except Exception as error:
        return HttpResponse(f"failed: {type(error).__name__}\n", status=503, content_type="text/plain")


def may_read_metrics(request: HttpRequest) -> bool:
    """With the right token from anywhere; without one only straight from this machine."""
    given = request.headers.get("Authorization", "")
    if settings.METRICS_TOKEN and constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}"):
        return True
    if any(name in request.META for name in _FORWARDED):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False  # a Unix socket has no address: there is a proxy before it


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return "ok"


_migrated = False


def _migrations() -> str:
    """Applied migrations stay applied, so once all are, nobody asks again in this process."""
    global _migrated
    if not _migrated:
        from django.db.migrations.executor import MigrationExecutor

        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if waiting:
            return f"{len(waiting)} not applied"
        _migrated = True
    return "ok"


def _broker() -> str:
    from community_ops.celery import app

    options = {"socket_timeout": BROKER_SECONDS, "socket_connect_timeout": BROKER_SECONDS}
    with app.connection_for_read(transport_options=options) as broker:
        broker.ensure_connection(max_retries=1, timeout=BROKER_SECONDS, errback=None)
    return "ok"
