"""Pages speak one language: English without Chinese, Chinese without the English of libraries."""

import re
from collections.abc import Iterator
from io import BytesIO
from zoneinfo import available_timezones

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import translation

from apps.accounts.enums import Role
from apps.accounts.models import Team, User
from apps.members.models import Member, Tag
from scripts.messages.rules import CJK, LATIN_NAMES
from tests import unfold_showcase
from tests.visible_text import visible_text

CHOOSER = ("/i18n/setlang/",)
# Names that stay as they are in Chinese, and what the tests themselves put on the pages.
LATIN = LATIN_NAMES | {
    *(
        "Community",
        "Ops",
        "WeCom",
        "QQ",
        "KOC",
        "VIP",
        "UnionID",
        "OpenID",
        "chat_id",
        "GBK",
        "GB18030",
        "Big5",
        "UTF",
    ),
    *("esc", "Control", "Command", "Mac"),  # keys
    *("Webhook", "Bot", "BotFather", "token", "access_token", "key", "SEC", "http", "newbot"),  # platforms
    *("csv", "html", "json", "ods", "tsv", "xls", "xlsx", "yaml"),  # formats
    *("JPG", "PNG", "MB", "https", "Asia", "Shanghai", "UTM"),
    *("admin", "architect", "default", "UnicodeDecodeError"),  # data of these tests
}
WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*[A-Za-z0-9]")
# A periodic task is known by its dotted path.
IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)+")


def english_in(html: str) -> set[str]:
    """Return the pieces of text that hold an English word we do not allow on a Chinese page."""
    # Time zones go by the names of the IANA everywhere.
    pieces = set(visible_text(html, skip_actions=CHOOSER)) - available_timezones()
    return {piece for piece in pieces if set(WORD.findall(IDENTIFIER.sub("", piece))) - LATIN}


def chinese_in(html: str) -> set[str]:
    pieces = visible_text(html, skip_actions=CHOOSER)
    return {piece for piece in pieces if CJK.search(piece.replace("群策", ""))}


@pytest.fixture
def english(client: Client) -> Client:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


@pytest.fixture
def chinese(client: Client, architect: User) -> Client:
    client.force_login(architect)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    return client


@pytest.fixture
def plainly_named(architect: User) -> User:
    architect.display_name = "Chen"
    architect.save()
    return architect


def test_english_login_page_has_no_chinese(db: None, english: Client) -> None:
    page = english.get(reverse("admin:login"))
    assert page.status_code == 200
    assert chinese_in(page.content.decode()) == set()
    assert "Log in" in " ".join(visible_text(page.content.decode()))


def test_english_home_has_no_chinese(english: Client, plainly_named: User) -> None:
    english.force_login(plainly_named)
    page = english.get(reverse("admin:index"))
    assert page.status_code == 200
    assert chinese_in(page.content.decode()) == set()


def test_english_lists_and_forms_have_no_chinese(english: Client, plainly_named: User) -> None:
    english.force_login(plainly_named)
    found = {url: chinese_in(html) for url, html in _registered_pages(english)}
    assert {url: pieces for url, pieces in found.items() if pieces} == {}


def test_chinese_lists_and_forms_have_no_english(chinese: Client) -> None:
    found = {url: english_in(html) for url, html in _registered_pages(chinese)}
    # The filter of the user list shows the keys of roles instead of their labels.
    found[reverse("admin:accounts_user_changelist")] -= set(Role.values)
    assert {url: pieces for url, pieces in found.items() if pieces} == {}


def test_every_field_of_our_models_has_a_chinese_name() -> None:
    with translation.override("zh-hans"):
        nameless = {
            str(field)
            for model in apps.get_models()
            if model.__module__.startswith("apps.")
            for field in model._meta.concrete_fields
            if not field.primary_key and not CJK.search(str(field.verbose_name))
        }
    assert nameless == set()


def _registered_pages(client: Client) -> Iterator[tuple[str, str]]:
    """The list and the empty form of every model in our admin, as far as the role may open them."""
    for model in admin.site._registry:
        for page in ("changelist", "add"):
            url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}")
            response = client.get(url, follow=True)
            assert response.status_code in (200, 403), url
            if response.status_code == 200:
                yield url, response.content.decode()


# --- What Unfold and its companions say ----------------------------------------------------------


@pytest.fixture
def showcase(chinese: Client) -> Iterator[Client]:
    with override_settings(ROOT_URLCONF=unfold_showcase.urls):
        yield chinese


@pytest.fixture
def member(db: None) -> Member:
    member = Member.objects.create(nickname="小林", phone="+8613800138000")
    member.member_tags.create(tag=Tag.objects.create(name="老客"))
    return member


def _url(name: str, *args: object) -> str:
    return reverse(f"admin:{name}", args=args)


def test_login_page_in_chinese(db: None, client: Client) -> None:
    wrong = client.post(reverse("admin:login"), {"username": "谁", "password": "不对"})
    assert english_in(client.get(reverse("admin:login")).content.decode()) == set()
    assert english_in(wrong.content.decode()) == set()


def test_home_in_chinese(chinese: Client) -> None:
    assert english_in(chinese.get(reverse("admin:index")).content.decode()) == set()


@pytest.mark.parametrize(
    "query", ["", "?nickname__isnull=1&q=没有这个人", "?points_balance_from=1&lifecycle__exact=new"]
)
def test_list_with_filters_in_chinese(showcase: Client, member: Member, query: str) -> None:
    page = showcase.get(_url("members_member_changelist") + query, follow=True)
    assert page.status_code == 200
    assert english_in(page.content.decode()) == set()


@pytest.mark.parametrize("model", ["accounts_team", "accounts_user", "members_tag"])
def test_other_lists_in_chinese(showcase: Client, model: str) -> None:
    page = showcase.get(_url(f"{model}_changelist"))
    assert page.status_code == 200
    assert english_in(page.content.decode()) == set()


def test_forms_history_and_deletion_in_chinese(showcase: Client, member: Member, team: Team) -> None:
    pages = [
        _url("members_member_add"),
        _url("members_member_change", member.pk),
        _url("members_member_history", member.pk),
        _url("members_member_delete", member.pk),
        _url("accounts_team_add"),
        _url("accounts_team_change", team.pk),
        _url("accounts_user_add"),
        _url("content_calendar_material_add"),
        _url("accounts_team_import"),
        _url("accounts_team_export"),
    ]
    found = {url: english_in(showcase.get(url).content.decode()) for url in pages}
    assert {url: pieces for url, pieces in found.items() if pieces} == {}


def test_refused_form_in_chinese(showcase: Client, db: None) -> None:
    page = showcase.post(_url("accounts_team_add"), {"note": "字" * 300})
    assert page.status_code == 200
    assert english_in(page.content.decode()) == set()


def test_bulk_deletion_in_chinese(showcase: Client, member: Member) -> None:
    url = _url("members_member_changelist")
    asked = showcase.post(url, {"action": "delete_selected", "_selected_action": [member.pk]})
    assert asked.status_code == 200
    assert english_in(asked.content.decode()) == set()
    nothing_chosen = showcase.post(url, {"action": "delete_selected"}, follow=True)
    assert english_in(nothing_chosen.content.decode()) == set()


def test_import_preview_and_refusal_in_chinese(showcase: Client) -> None:
    url = _url("accounts_team_import")
    for content in ("编号,团队,备注\n,华南一组,\n".encode(), b"\xff\xfe\x00broken"):
        upload = SimpleUploadedFile("teams.csv", BytesIO(content).read(), content_type="text/csv")
        page = showcase.post(url, {"import_file": upload, "format": "0", "resource": "0"})
        assert page.status_code == 200
        assert english_in(page.content.decode()) == set()


def test_command_palette_and_log_out_in_chinese(showcase: Client) -> None:
    for query in ("成员", "没有这样的东西"):
        found = showcase.get(_url("search"), {"s": query, "extended": 1})
        assert english_in(found.content.decode()) == set()
    assert english_in(showcase.post(_url("logout")).content.decode()) == set()
