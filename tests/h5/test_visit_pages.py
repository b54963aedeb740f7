"""What staff see of visits: funnel, heat, comparison, phones; links and lists; each within one's teams (S1)."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.accounts.enums import Role
from apps.accounts.models import Team
from apps.campaigns.enums import CampaignState, LandingState, Variant
from apps.campaigns.mechanics.registry import all_mechanics
from apps.campaigns.models import Campaign, ShareLink
from apps.groups.models import Group
from apps.h5.enums import ConversionKind
from apps.h5.models import Touch
from apps.h5.selectors.section_heat import heat_of
from apps.h5.services.beacons import Sight, record_beacon
from tests.campaigns.factories import make_run
from tests.h5.visits import convert, make_version, visit

PAGES = ["traffic", "compare", "heat", "phone"]


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def run(team):
    campaign = Campaign.objects.create(
        title="国庆助力", mechanic="assist", state=CampaignState.LAUNCHED, team=team
    )
    return make_run("assist", {"stages": (2,)}, campaign=campaign)


@pytest.fixture
def desk(client, make_user, team):
    client.force_login(make_user("operator", Role.GROUP_OPERATOR, team))
    return client


def url(name, run, **query):
    found = reverse(f"admin:h5_touch_{name}", args=[run.campaign_id])
    return found + ("?" + "&".join(f"{key}={value}" for key, value in query.items()) if query else "")


def html(client, address):
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_the_campaigns_page_has_doors_to_them(desk, run):
    page = html(desk, run.campaign.get_absolute_url())
    for key in ("landing", "traffic", "phone"):
        assert f'data-testid="door-{key}"' in page


def test_funnel_counts_and_opens_the_rows_behind_it(desk, run, now, django_assert_max_num_queries):
    first = visit(run, now, channel="sms", referrer="news.example")
    visit(run, now, channel="sms")
    visit(run, now)
    convert(first, ConversionKind.LOGIN, now)
    convert(first, ConversionKind.ENTRY, now)
    page = html(desk, url("traffic", run))
    assert 'data-testid="step-visits"' in page
    assert f"run__id__exact={run.pk}&amp;channel=sms" in page
    with django_assert_max_num_queries(14):
        html(desk, url("traffic", run, by="channel", touch="first"))
    for by in ("group", "post", "inviter", "variant", "nonsense"):
        html(desk, url("traffic", run, by=by))
    rows = html(desk, f"{reverse('admin:h5_touch_changelist')}?run__id__exact={run.pk}&channel=sms")
    assert rows.count("sms") >= 2
    assert "news.example" in rows
    assert desk.get(url("traffic", run) + "?run=" + "9" * 30).status_code == 404


def test_heat_counts_browsers_medians_and_taps(desk, run, now):
    blocks = [
        {"id": "00000001", "kind": "hero", "section": "top", "data": {"headline": "一起来"}},
        {"id": "00000002", "kind": "rules", "section": "bottom", "data": {"text": "每人一次"}},
    ]
    version = make_version(run.campaign, published_at=now - timedelta(days=1), blocks=blocks)
    for number, seconds in enumerate((2, 4, 9)):
        sights = [Sight("00000001", "view", 10), Sight("00000001", "dwell", seconds * 1000)]
        if number == 0:
            sights += [
                Sight("00000002", "view", 50),
                Sight("00000001", "tap", 60),
                Sight("00000001", "tap", 90),
            ]
        record_beacon(
            token=f"browser-{number:020d}",
            member_id=None,
            version_id=version.pk,
            run_id=run.pk,
            sights=sights,
            now=now,
        )
    heat = heat_of(version, now=now)
    hero, rules = heat.blocks
    assert heat.visitors == 3
    assert (hero.viewers, hero.percent, hero.seconds, hero.taps, hero.tappers) == (3, 100, 4.0, 2, 1)
    assert (rules.viewers, rules.percent, rules.seconds) == (1, 33, None)
    assert heat.coldest == rules
    page = html(desk, url("heat", run))
    assert "很多人没看到“活动规则”" in page
    assert "/m/preview/" in page
    assert desk.get(url("heat", run, version=version.pk + 1)).status_code == 404


def test_comparison_says_how_many_are_missing_and_names_nobody(desk, run, now):
    assert 'data-testid="nothing"' in html(desk, url("compare", run))
    a, b = (
        make_version(run.campaign, side, published_at=now - timedelta(days=2))
        for side in (Variant.A, Variant.B)
    )
    for number in range(40):
        touch = visit(run, now - timedelta(days=1), version=(a, b)[number % 2])
        if number % 2:
            convert(touch, ConversionKind.ENTRY, now - timedelta(days=1))
    page = html(desk, url("compare", run))
    assert "还看不出差别，大约还要 7,637 位访客" in page
    assert "方案更好" not in page


@pytest.mark.parametrize("key", list(all_mechanics()))
def test_every_state_of_every_mechanic_is_drawn_by_the_phones_own_templates(client, desk, team, key):
    campaign = Campaign.objects.create(title="预演", mechanic=key, team=team)
    run = make_run(key, campaign=campaign)
    page = html(desk, url("phone", run))
    assert page.count("<svg") >= 2
    shown = desk.get(url("phone", run)).context["screens"]
    assert len(shown) >= 7
    client.logout()
    for name, title, address in shown:
        response = client.get(address)
        assert response.status_code == 200, name
        text = response.content.decode()
        assert f"预览：{title}" in text
        assert f"play-{key}" in text
        assert response["X-Frame-Options"] == "SAMEORIGIN"
        policy = response["Content-Security-Policy"]
        assert "form-action 'none'" in policy
        assert "frame-ancestors 'self'" in policy
    assert client.get(shown[0][2].replace("/play/", "x/play/")).status_code == 404


def test_a_link_for_a_channel_is_made_once_and_shown_with_its_code(desk, run, team):
    group = Group.objects.create(name="福利1群", kind="benefit", team=team)
    data = {"run": run.pk, "channel": " 海报 ", "group": group.pk, "utm_source": "wechat"}
    add = reverse("admin:campaigns_sharelink_add")
    first = desk.post(add, data, follow=True)
    link = ShareLink.objects.get()
    assert (link.channel, link.group, link.inviter, link.utm) == (
        "海报",
        group,
        None,
        {"utm_source": "wechat"},
    )
    assert link.created_by is not None
    page = first.content.decode()
    assert f"/s/{link.code}" in page
    assert "<svg" in page
    desk.post(add, data)
    assert ShareLink.objects.count() == 1


def test_links_are_made_for_what_one_sees_only(client, desk, make_user, run, team):
    other = Team.objects.create(name="华南组")
    foreign = Group.objects.create(name="外群", kind="benefit", team=other)
    add = reverse("admin:campaigns_sharelink_add")
    desk.post(add, {"run": run.pk, "channel": "sms", "group": foreign.pk})
    desk.post(add, {"run": run.pk, "channel": "   "})
    assert not ShareLink.objects.exists()
    client.force_login(make_user("stranger", Role.GROUP_OPERATOR, other))
    client.post(add, {"run": run.pk, "channel": "sms"})
    assert not ShareLink.objects.exists()
    client.force_login(make_user("clerk", Role.MEMBER_SERVICE, team))
    assert client.post(add, {"run": run.pk, "channel": "sms"}).status_code == 403


@pytest.mark.parametrize("name", PAGES)
def test_another_teams_visits_are_as_if_they_were_not(client, make_user, run, now, name):
    """S1."""
    touch = visit(run, now, channel="geheim")
    convert(touch, ConversionKind.LOGIN, now)
    client.force_login(make_user("stranger", Role.GROUP_OPERATOR, Team.objects.create(name="华南组")))
    assert client.get(url(name, run)).status_code == 404
    assert "geheim" not in html(client, reverse("admin:h5_touch_changelist"))


@pytest.mark.parametrize("name", PAGES)
def test_who_may_not_see_visits_is_refused(client, make_user, team, run, name):
    client.force_login(make_user("clerk", Role.MEMBER_SERVICE, team))
    assert client.get(url(name, run)).status_code == 403


@pytest.mark.parametrize("name", ["h5_touch", "h5_visitor", "h5_conversion", "campaigns_sharelink"])
def test_lists_cost_the_same_for_one_and_three(desk, team, run, now, name, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from apps.campaigns.services.sharing import link_for

    group = Group.objects.create(name="福利1群", kind="benefit", team=team)
    address = reverse(f"admin:{name}_changelist")

    def one(number):
        link = link_for(run=run, channel=f"c{number}", group=group, now=now)
        touch = visit(run, now, link=link, group_id=group.pk, channel=link.channel)
        convert(touch, ConversionKind.LOGIN, now)

    one(1)
    html(desk, address)
    with CaptureQueriesContext(
        connection,
    ) as single:
        html(desk, address)
    one(2)
    one(3)
    with django_assert_num_queries(len(single)):
        html(desk, address)
    assert len(single) <= 12


def test_rows_are_looked_at_and_never_changed(desk, run, now):
    touch = visit(run, now, channel="sms")
    page = reverse("admin:h5_touch_change", args=[touch.pk])
    assert "sms" in html(desk, page)
    desk.post(page, {"channel": "x"})
    assert Touch.objects.get().channel == "sms"


def test_a_page_that_was_never_published_says_so(desk, run):
    make_version(run.campaign, state=LandingState.DRAFT)
    assert 'data-testid="nothing"' in html(desk, url("heat", run))
    assert Decimal("0.00") == desk.get(url("traffic", run)).context["whole"].paid
