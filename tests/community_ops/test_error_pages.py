"""Error pages speak both languages and need no context."""

import pytest
from axes.models import AccessAttempt
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from apps.accounts.enums import Role


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "429", "500"])
def test_page_is_whole_in_both_languages(name):
    html = render_to_string(f"{name}.html")
    assert "群策" in html
    assert "Back to the home page" in html
    assert "<script" not in html
    assert "style=" not in html


def test_unknown_address_gets_the_404_page(client):
    answer = client.get("/no-such-page/")
    assert answer.status_code == 404
    assert "没有这个页面" in answer.content.decode()


def test_stale_form_gets_a_sentence(db):
    client = Client(enforce_csrf_checks=True)
    answer = client.post(reverse("admin:login"), {"username": "x", "password": "y"})
    assert answer.status_code == 403
    assert "页面过期了" in answer.content.decode()


def test_too_many_wrong_passwords_lock_with_a_sentence_and_an_architect_unlocks(
    client, settings, make_user, team
):
    settings.AXES_ENABLED = True
    settings.AXES_FAILURE_LIMIT = 3
    make_user("operator", Role.GROUP_OPERATOR, team)
    login = reverse("admin:login")
    for _ in range(3):
        answer = client.post(login, {"username": "operator", "password": "wrong"})
    assert answer.status_code == 429
    assert "密码错太多次" in answer.content.decode()
    AccessAttempt.objects.all().delete()
    answer = client.post(login, {"username": "operator", "password": "pass-word-1"})
    assert answer.status_code == 302
