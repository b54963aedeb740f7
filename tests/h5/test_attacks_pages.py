"""Attacks that went through once: operators' words that were taken for marks of ours, cookies, other sites' forms."""

import json
from io import BytesIO
from random import Random

import pytest
from django.core import signing
from django.core.files.base import ContentFile
from django.test import Client
from PIL import Image

from apps.campaigns.blocks.richtext import plain_text
from apps.campaigns.models import Campaign
from apps.campaigns.services.landing.previewing import SALT
from apps.core.errors import Invalid
from apps.core.pictures import clean_picture
from apps.h5.urls import urlpatterns
from apps.h5.views.landing import kept
from tests.campaigns.factories import make_run

pytestmark = pytest.mark.django_db
ELSEWHERE = [
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "same-site", "Origin": "https://other.testserver"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://[::1"},
]


@pytest.mark.parametrize("mark", ["@@server-now@@", "@@", "{{ clock }}"])
def test_no_word_of_an_operator_takes_the_landing_page_down(client: Client, mark: str) -> None:
    """S6: where the clock is filled in cannot be typed; the text stays a text."""
    run = make_run("assist")
    Campaign.objects.filter(pk=run.campaign_id).update(headline=f"新茶 {mark} 上市")
    kept.forget()
    answer = client.get(f"/m/r/{run.pk}/")
    assert answer.status_code == 200
    assert f"新茶 {mark} 上市" in answer.content.decode()


def test_half_a_surrogate_pair_is_left_out() -> None:
    assert plain_text("好\ud800茶\udfff", is_line=True) == "好茶"


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("action", {"text": "好\ud800茶"}),
        ("offer", {"gets": ["好\ud800茶"]}),
        ("faq", {"items": [["好\ud800茶", "\udfff"]]}),
        ("rules", {"text": "好\ud800茶"}),
    ],
)
def test_a_preview_shows_what_no_page_can_hold_without_it(client: Client, kind: str, data: object) -> None:
    run = make_run("assist")
    token = signing.dumps([run.campaign_id, None], salt=SALT, compress=True)
    blocks = json.dumps([{"kind": kind, "section": "bottom", "data": data}])
    assert client.post(f"/m/preview/{token}/", {"blocks": blocks}).status_code == 200


@pytest.mark.parametrize("garbage", ["", "x", "x" * 4000, "../../etc/passwd", "<script>"])
def test_a_garbled_cookie_is_replaced(client: Client, garbage: str) -> None:
    """Else nothing sealed for this browser could ever be read again, and it could never log in."""
    run = make_run("assist")
    kept.forget()
    for page in ("/m/", f"/m/r/{run.pk}/", f"/m/r/{run.pk}/"):
        client.cookies.clear()
        client.cookies["visitor"] = garbage
        token = client.get(page).cookies["visitor"].value
        assert len(token) == 32
        assert "visitor" not in client.get(page).cookies  # and then it stays


@pytest.mark.parametrize("headers", ELSEWHERE)
@pytest.mark.parametrize("address", ["/m/contact/", "/m/preview/x/"])
def test_a_foreign_form_replaces_no_cookie(client: Client, address: str, headers: dict[str, str]) -> None:
    """Lax cookies stay away from it: an answer with a new one would wipe out who brought the visitor first (S2)."""
    answer = client.post(address, {"phone": "13800138000", "next": "/m/"}, headers=headers)
    assert not answer.cookies


def test_our_own_form_keeps_the_phone(client: Client) -> None:
    headers = {"Origin": "http://testserver"}
    answer = client.post("/m/contact/", {"phone": "13800138000", "next": "/m/"}, headers=headers)
    assert {"visitor", "phone_hint"} <= set(answer.cookies)


def test_every_address_stands_once() -> None:
    routes = [str(one.pattern) for one in urlpatterns]
    assert sorted(routes) == sorted(set(routes))


@pytest.mark.parametrize("referrer", ["http://[::1", "http://[", "javascript:1", "?" + "&" * 3_000])
def test_a_referrer_that_is_no_address_breaks_no_dot(client: Client, referrer: str) -> None:
    run = make_run("assist")
    client.cookies["visitor"] = "v" * 32
    assert client.get(f"/m/r/{run.pk}/seen.gif", headers={"Referer": referrer}).status_code == 200


@pytest.mark.filterwarnings("ignore::UserWarning")  # as in production: Pillow grumbles and goes on
def test_a_picture_is_sound_or_refused_whatever_its_bytes() -> None:
    """S3: no byte turned over makes anything but ``Invalid``, and what is kept ends where its pixels end."""
    rng = Random(4)
    for kind, mode in (
        ("JPEG", "RGB"),
        ("JPEG", "CMYK"),
        ("PNG", "P"),
        ("PNG", "I;16"),
        ("PNG", "LA"),
        ("PNG", "1"),
    ):
        buffer = BytesIO()
        exif = Image.Exif()
        exif[0x0112], exif[0x010F], exif[0x011A] = 6, "x", 1.5
        Image.new(mode, (20, 15)).save(buffer, kind, exif=exif)
        sound = buffer.getvalue()
        for _turn in range(200):
            data = bytearray(sound)
            for _byte in range(rng.randrange(6)):
                data[rng.randrange(min(len(data), 250))] = rng.randrange(256)
            try:
                kept_one = clean_picture(
                    ContentFile(bytes(data) + b"<script>alert(1)</script>", name="a.html")
                )
            except Invalid:
                continue
            assert b"<script>" not in kept_one.read()
            assert str(kept_one.name).endswith((".jpg", ".png"))
