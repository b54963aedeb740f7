"""The phone that a visitor typed on a landing page: it fills in the log-in form, and nothing else. Whose it is is
proved there, by its code."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse

from apps.h5.views.sealed import seal, unseal

COOKIE = "phone_hint"
LIFE = timedelta(minutes=10)
_LONGEST = 20


def keep_hint(request: HttpRequest, response: HttpResponse, phone: str) -> None:
    """Keep what looks like a phone for ten minutes in this browser, and nowhere else; anything else is dropped."""
    phone = phone.strip()
    if phone and len(phone) <= _LONGEST and all(sign in "+0123456789 -" for sign in phone):
        seal(request, response, COOKIE, {"phone": phone}, LIFE)


def hinted_phone(request: HttpRequest) -> str:
    """To fill in a field with; "" if there is none."""
    return str((unseal(request, COOKIE) or {}).get("phone", ""))
