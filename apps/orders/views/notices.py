"""``POST /api/v1/payments/<provider>/notify``: providers tell what was paid and paid back."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.orders.providers.registry import all_providers
from apps.orders.services.incoming import take_notice

MAX_BYTES = 64 * 1024


@csrf_exempt
@require_POST
def notify(request: HttpRequest, provider: str) -> HttpResponse:
    """Answered in the provider's form; 404 for one that we do not have, 413 for a body over 64 KB.

    The signature stands in for a session: nothing in the body is believed before it is proven (S2).
    """
    found = all_providers().get(provider)
    if found is None:
        raise Http404
    try:
        size = int(request.headers.get("Content-Length") or 0)
    except ValueError:
        return HttpResponse(status=400)
    if size > MAX_BYTES:
        return HttpResponse(status=413)
    body = request.read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        return HttpResponse(status=413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    reply = take_notice(provider=found, headers=headers, body=body, now=timezone.now())
    return HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)
