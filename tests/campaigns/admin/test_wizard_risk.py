"""Risk rules on the wizard: all of them, explained, checked, kept, and obeyed by the next run (C13)."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.accounts.enums import Role
from apps.campaigns.models import Campaign, Entry, Flag, Run
from apps.campaigns.risk.policy import policy_of
from apps.campaigns.risk.registry import all_rules
from apps.campaigns.services.engine import Origin, act, open_entry
from apps.campaigns.services.runs import clone_campaign, launch, open_due_runs
from tests.campaigns.factories import make_member

ADD = f"{reverse('admin:campaigns_campaign_add')}?mechanic=assist"
LIVE = reverse("admin:campaigns_campaign_live")


def edit(campaign):
    return reverse("admin:campaigns_campaign_edit", args=[campaign.pk])


@pytest.fixture
def risk_form(form_of):
    """``risk_form("risk.burst.minutes", "20")`` → the wizard's post with every risk rule on it."""

    def make(changes=None, **typed):
        data = form_of("assist", **typed) | {"risk": ["common", *all_rules()], "risk.hold_from": "60"}
        for key, rule in all_rules().items():
            for item in rule.described():
                name = f"risk.{key}.{item['name']}"
                data[name] = "on" if item["kind"] == "boolean" else str(item["default"])
        data |= changes or {}
        return {name: value for name, value in data.items() if value is not None}

    return make


def card_of(html, key):
    return re.search(rf'data-testid="risk-{key}".*?</details>', html, re.DOTALL).group()


def test_every_rule_has_a_card_that_explains_itself_and_is_closed(desk):
    html = desk.get(ADD).content.decode()
    for key, rule in all_rules().items():
        card = card_of(html, key)
        for words in (rule.label, rule.help, rule.advice):
            assert str(words) in card
        for item in rule.described():
            assert f'data-rule="risk.{key}.{item["name"]}"' in card
            assert str(item["help"]) in card
        assert re.search(r'data-mark="same" +>', card)
    assert 'name="risk.hold_from"' in html
    assert "open data-testid" not in html


def test_a_form_left_alone_stores_nothing_of_its_own(desk, risk_form):
    assert desk.post(ADD, risk_form()).status_code == 302
    campaign = Campaign.objects.get()
    assert campaign.risk == {}
    assert "全部按推荐设置" in desk.get(campaign.get_absolute_url()).content.decode()


def test_changes_are_stored_shown_again_marked_and_kept_by_a_clone(desk, risk_form, operator):
    changes = {"risk.hold_from": "90", "risk.burst.device_members": " 5 ", "risk.farm.is_on": None}
    desk.post(ADD, risk_form(changes))
    campaign = Campaign.objects.get()
    stored = {"hold_from": 90, "burst": {"device_members": 5}, "farm": {"is_on": False}}
    assert campaign.risk == stored

    html = desk.get(edit(campaign)).content.decode()
    assert re.search(r'data-mark="changed" +>改了 <span data-count>1</span> 项', card_of(html, "burst"))
    assert re.search(r"data-changed +>已改，推荐 3<", card_of(html, "burst"))
    assert re.search(r'data-mark="off" +>已关', card_of(html, "farm"))
    assert re.search(r'data-mark="same" +>推荐设置', card_of(html, "velocity"))

    page = desk.get(campaign.get_absolute_url())
    assert [(str(label), lines) for label, lines in page.context["risk"]] == [
        ("风险分到多少暂扣", ["90 分（推荐 60 分）"]),
        ("同设备、同网络扎堆", ["一台设备几个人 5 人（推荐 3 人）"]),
        ("帮手团", ["已关，本活动不查这条"]),
    ]
    assert "一台设备几个人 5 人（推荐 3 人）" in page.content.decode()

    clone = clone_campaign(campaign=campaign, actor=operator, now=timezone.now())
    assert clone.risk == stored

    desk.post(edit(campaign), risk_form())
    campaign.refresh_from_db()
    assert campaign.risk == {}


def test_errors_stand_at_their_field_and_nothing_typed_is_lost(desk, risk_form):
    changes = {
        "risk.hold_from": "很多",
        "risk.burst.device_members": "1",
        "risk.velocity.first_seconds": "",
        "risk.farm.is_on": None,
        "risk.leaving.hours": "24",
    }
    page = desk.post(ADD, risk_form(changes))
    assert page.status_code == 200
    assert not Campaign.objects.exists()
    risk = page.context["typed"].risk
    assert {item.post_name for item in risk.inputs if item.error} == {
        "risk.hold_from",
        "risk.burst.device_members",
        "risk.velocity.first_seconds",
    }
    html = page.content.decode()
    assert re.search(
        r'data-error="risk.burst.device_members" *>“一台设备几个人”超出了范围。请填 2 到 100', html
    )
    opened = re.findall(r'data-risk="(\w+)" open', html)
    assert opened == ["burst", "velocity"]
    assert 'name="risk.hold_from" id="id_risk.hold_from" value="很多"' in html
    assert 'name="risk.leaving.hours" id="id_risk.leaving.hours" value="24"' in html
    assert not next(card for card in risk.cards if card.key == "farm").switch.value
    live = desk.post(LIVE, risk_form(changes, mechanic="assist")).json()
    assert set(live["errors"]) == {
        "risk.hold_from",
        "risk.burst.device_members",
        "risk.velocity.first_seconds",
    }


def test_a_rule_that_was_not_on_the_page_keeps_what_is_stored(desk, risk_form, form_of):
    """A page opened before a rule came, or before this step was there, turns nothing off."""
    desk.post(ADD, risk_form({"risk.burst.device_members": "5"}))
    campaign = Campaign.objects.get()
    desk.post(edit(campaign), form_of("assist", title="旧页面"))
    campaign.refresh_from_db()
    assert (campaign.title, campaign.risk) == ("旧页面", {"burst": {"device_members": 5}})
    policy = policy_of(campaign.risk)
    assert all(params.is_on for params in policy.params.values())


def played(campaign, chief):
    """A new run of the campaign, in which an owner is helped from the owner's own device."""
    now = timezone.now()
    launch(campaign=campaign, actor=chief, now=now)
    open_due_runs(now=now + timedelta(seconds=1))
    run = Run.objects.get(campaign=campaign)
    owner, friend = make_member(), make_member()
    mine = Origin(device_hash="mine", ip_hash="home")
    later = run.opens_at + timedelta(minutes=1)
    opening = open_entry(
        run_id=run.pk, member_id=owner.pk, params={"name": "一队"}, key="o", now=later, origin=mine
    )
    code = Entry.objects.get(pk=opening.entry_id).code
    act(code=code, verb="help", member_id=friend.pk, params={}, key="h", now=later, origin=mine)
    return run


@pytest.mark.parametrize(
    ("changes", "scores"),
    [
        ({}, [60]),
        ({"risk.self_help.device_score": "25"}, [25]),
        ({"risk.self_help.is_on": None}, []),
    ],
    ids=["recommended", "milder", "off"],
)
def test_an_edit_in_the_wizard_changes_what_a_new_run_finds(
    desk, risk_form, gift, make_user, team, changes, scores
):
    typed = {"rule.stages": "1", "gift.stage_1": gift.pk, "quantity.stage_1": "1"}
    desk.post(ADD, risk_form(changes, **typed))
    campaign = Campaign.objects.get()
    run = played(campaign, make_user("chief", Role.ARCHITECT, team))
    assert list(Flag.objects.filter(run=run).values_list("score", flat=True)) == scores
    assert run.plan["risk"] == policy_of(campaign.risk).dump()
