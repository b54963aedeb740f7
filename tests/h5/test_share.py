"""Short links and the page for handing one on: only to us, nobody's word taken for who invites, machines not counted."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.campaigns.enums import CampaignState, RunState
from apps.campaigns.models import Campaign, Entry, Run, ShareLink
from apps.campaigns.services.sharing import link_for
from apps.events.models import Event
from apps.h5.models import Touch, Visitor
from apps.h5.selectors.tokens import hash_of
from apps.h5.services.clicks import count_click
from apps.h5.views.base import VISITOR_COOKIE
from tests.campaigns.factories import make_member, make_run
from tests.campaigns.play import start
from tests.campaigns.together import together
from tests.h5.people import logged_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("facts_fit")]
NOW = timezone.now()
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/8.0.50"


@pytest.fixture
def run() -> Run:
    return make_run("assist", {"stages": [2]})


def phone(**headers: str) -> Client:
    return Client(headers={"User-Agent": PHONE} | headers)


def make_link(run: Run, **fields) -> ShareLink:
    return link_for(run=run, channel=fields.pop("channel", "wecom"), now=NOW, **fields)


def clicks(link: ShareLink) -> int:
    return ShareLink.objects.get(pk=link.pk).clicks


# --- short links --------------------------------------------------------------------------------------


def test_a_short_link_leads_to_its_run_and_writes_the_visit_down(run: Run) -> None:
    inviter = make_member()
    link = make_link(
        run, inviter_id=inviter.pk, post_id=9, utm={"utm_source": "wecom", "utm_medium": "group"}
    )
    client = phone(Referer="https://mp.weixin.qq.com/s/x")
    response = client.get(f"/s/{link.code}?utm_medium=chat&next=//evil.example&inviter=99")
    assert response.status_code == 302
    address = urlsplit(response["Location"])
    assert (address.netloc, address.path) == ("", reverse("h5:run", args=[run.pk]))
    assert parse_qs(address.query) == {"utm_source": ["wecom"], "utm_medium": ["chat"]}
    touch = Touch.objects.get()
    assert (touch.link, touch.inviter, touch.post_id, touch.channel) == (link, inviter, 9, "wecom")
    assert (touch.utm, touch.referrer) == ({"utm_source": "wecom", "utm_medium": "chat"}, "mp.weixin.qq.com")
    assert Visitor.objects.get().token_hash == hash_of(client.cookies[VISITOR_COOKIE].value)
    assert clicks(link) == 1


def test_a_link_to_an_entry_leads_to_the_entry(run: Run) -> None:
    entry = start(run, make_member())
    response = phone().get(f"/s/{make_link(run, entry=entry).code}")
    assert response["Location"] == reverse("h5:entry", args=[entry.code])


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "Mozilla/5.0 (compatible; Baiduspider/2.0)",
        "facebookexternalhit/1.1",
        "TelegramBot (like TwitterBot)",
        "WhatsApp/2.2",
        "curl/8.0",
        "python-requests/2.31",
        "Mozilla/5.0 (compatible; Bytespider)",
        "DingTalkBot-LinkService/1.0",
    ],
)
def test_machines_are_led_on_but_not_counted(run: Run, agent: str) -> None:
    link = make_link(run)
    response = Client(headers={"User-Agent": agent}).get(f"/s/{link.code}")
    assert response.status_code == 302
    assert (clicks(link), Touch.objects.count()) == (0, 0)


def test_neither_a_head_request_nor_a_browser_ahead_of_its_person_is_counted(run: Run) -> None:
    link = make_link(run)
    assert phone().head(f"/s/{link.code}").status_code == 302
    phone(Sec_Purpose="prefetch;prerender").get(f"/s/{link.code}")
    assert (clicks(link), Touch.objects.count()) == (0, 0)
    assert phone().post(f"/s/{link.code}").status_code == 405


@pytest.mark.parametrize(
    "code",
    [
        "nobodys00",
        "x",
        "a" * 400,
        "..%2F..%2Fadmin",
        "%E7%BE%A4%E7%BE%A4%E7%BE%A4",
        "%ED%A0%80%ED%A0%80",
        "a%0d%0ab",
    ],
)
def test_an_unknown_code_is_a_kind_page(code: str) -> None:
    response = phone().get(f"/s/{code}")
    assert response.status_code == 404
    assert "链接打不开了" in response.content.decode() or len(code) < 2 or "%2F" in code


def test_a_link_of_what_was_taken_down_is_a_kind_page(run: Run) -> None:
    link = make_link(run)
    Run.objects.filter(pk=run.pk).update(state=RunState.CANCELLED)
    assert phone().get(f"/s/{link.code}").status_code == 404
    planned = make_run("assist", {"stages": [2]}, state=RunState.SCHEDULED)
    Campaign.objects.filter(pk=planned.campaign_id).update(state=CampaignState.DRAFT)
    assert phone().get(f"/s/{make_link(planned).code}").status_code == 404
    assert not Touch.objects.exists()


def test_guessing_codes_is_slowed_down() -> None:
    client = Client(headers={"User-Agent": PHONE}, REMOTE_ADDR="203.0.113.9")
    answers = [client.get(f"/s/guess{number:05d}").status_code for number in range(122)]  # a minute may turn
    assert answers[0] == 404
    assert answers[-1] == 429


def test_following_a_link_again_is_another_click_of_the_same_visit(run: Run) -> None:
    link, client = make_link(run), phone()
    for _ in range(3):
        client.get(f"/s/{link.code}")
    assert (clicks(link), Touch.objects.count(), Visitor.objects.count()) == (3, 1, 1)


def test_ones_own_link_invites_nobody(run: Run) -> None:
    member = make_member()
    client = logged_in(member, headers={"User-Agent": PHONE})
    from apps.h5.services.visits import adopt_visitor

    client.cookies[VISITOR_COOKIE] = "a-browser-of-this-member"
    adopt_visitor(token="a-browser-of-this-member", member_id=member.pk, now=NOW)
    client.get(f"/s/{make_link(run, inviter_id=member.pk).code}")
    assert Touch.objects.get().inviter is None


@pytest.mark.django_db(transaction=True)
def test_a_hundred_clicks_at_once_are_a_hundred() -> None:
    link = make_link(make_run("assist", {"stages": [2]}))
    together([lambda: count_click(link, member_id=None, now=NOW)] * 100, threads=20)
    assert clicks(link) == 100
    assert Event.objects.filter(kind="link.clicked", data__link=link.pk).count() == 100


# --- the page for sharing ------------------------------------------------------------------------------


def test_the_page_gives_the_sessions_member_their_own_link(run: Run) -> None:
    """S2: neither the address nor a body says who invites."""
    member, other = make_member(), make_member()
    client = logged_in(member)
    page = client.get(reverse("h5:share", kwargs={"pk": run.pk}), {"inviter": other.pk, "member": other.pk})
    link = ShareLink.objects.get()
    assert (link.inviter, link.run, link.entry) == (member, run, None)
    assert f"/s/{link.code}" in page.content.decode()
    assert client.get(reverse("h5:share", kwargs={"pk": run.pk})).status_code == 200
    assert ShareLink.objects.count() == 1


def test_a_friends_entry_is_shared_in_ones_own_name(run: Run) -> None:
    owner, friend = make_member(), make_member()
    entry = start(run, owner)
    logged_in(friend).get(reverse("h5:share", kwargs={"code": entry.code}))
    link = ShareLink.objects.get()
    assert (link.inviter, link.entry) == (friend, entry)


def test_somebody_unknown_is_asked_to_log_in_first_and_comes_back(run: Run) -> None:
    address = reverse("h5:share", kwargs={"pk": run.pk})
    response = phone().get(address)
    assert response.status_code == 302
    assert response["Location"] == f"{reverse('h5:login')}?next={address}"
    assert not ShareLink.objects.exists()


def test_the_page_works_without_a_script_and_rewards_no_sharing(run: Run) -> None:
    text = logged_in(make_member()).get(reverse("h5:share", kwargs={"pk": run.pk})).content.decode()
    assert "readonly" in text  # a field to select from
    assert "转发本身没有奖励" in text
    assert "不奖励分享动作本身" in text  # what the mechanic is told by law and platforms
    assert "<script>" not in text
    assert "style=" not in text


def test_a_campaign_in_a_mini_program_shows_its_path_instead(run: Run) -> None:
    Campaign.objects.filter(pk=run.campaign_id).update(mini_program_path="pages/help/index?a=1")
    text = logged_in(make_member()).get(reverse("h5:share", kwargs={"pk": run.pk})).content.decode()
    code = ShareLink.objects.get().code
    assert f"pages/help/index?a=1&amp;s={code}" in text
    assert f"/s/{code}" not in text


@pytest.mark.parametrize(
    "title", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}"]
)
def test_what_an_operator_types_is_only_text(run: Run, title: str) -> None:
    Campaign.objects.filter(pk=run.campaign_id).update(headline=title)
    text = logged_in(make_member()).get(reverse("h5:share", kwargs={"pk": run.pk})).content.decode()
    assert "<script>alert" not in text
    assert "<img src=x" not in text


@pytest.mark.parametrize(
    "address",
    ["/m/r/999999999999999999999999/share/", "/m/r/0/share/", "/m/e/nobodys/share/", "/m/e/%ED%A0%80/share/"],
)
def test_what_is_not_there_cannot_be_shared(address: str) -> None:
    assert logged_in(make_member()).get(address).status_code == 404


def test_a_share_page_costs_the_same_for_a_crowd(run: Run, django_assert_max_num_queries) -> None:
    entry = start(run, make_member())
    client = logged_in(make_member())
    client.get(reverse("h5:share", kwargs={"code": entry.code}))
    Entry.objects.filter(pk=entry.pk).update(count=1)
    with django_assert_max_num_queries(5):
        client.get(reverse("h5:share", kwargs={"code": entry.code}))
