"""The wizard: every mechanic from its card to a draft, bad input coming back with nothing lost."""

import json
from datetime import UTC, datetime, time

import pytest
from django.urls import reverse

from apps.accounts.enums import Role
from apps.accounts.models import Team
from apps.campaigns.mechanics.registry import all_mechanics
from apps.campaigns.models import Benefit, Campaign, CampaignBenefit
from apps.groups.models import Group
from tests.campaigns.eighth import eighth_mechanic

ADD = reverse("admin:campaigns_campaign_add")
LIVE = reverse("admin:campaigns_campaign_live")


def edit(campaign):
    return reverse("admin:campaigns_campaign_edit", args=[campaign.pk])


def test_cards_show_every_mechanic_with_its_words(desk):
    html = desk.get(ADD).content.decode()
    for mechanic in all_mechanics().values():
        assert f'data-testid="card-{mechanic.key}"' in html
        for words in (
            mechanic.label,
            mechanic.mark,
            mechanic.purpose,
            mechanic.compliance,
            *mechanic.typical,
        ):
            assert str(words) in html


@pytest.mark.parametrize("key", list(all_mechanics()))
def test_every_mechanic_goes_from_its_form_to_a_draft_unchanged(desk, operator, team, gift, form_of, key):
    mechanic = all_mechanics()[key]
    page = desk.get(f"{ADD}?mechanic={key}")
    html = page.content.decode()
    for described in mechanic.rules_type.described():
        assert f'data-rule="rule.{described["name"]}"' in html
        assert str(described["help"]).split("。")[0] in html
    slots = mechanic.slots(mechanic.rules_type())
    gifts = {f"gift.{slot.key}": gift.pk for slot in slots[:1]}
    answer = desk.post(f"{ADD}?mechanic={key}", form_of(key, **gifts))
    campaign = Campaign.objects.get()
    assert answer.status_code == 302
    assert answer.url == f"{campaign.get_absolute_url()}#saved"
    assert campaign.mechanic == key
    assert campaign.state == "draft"
    assert campaign.owner == operator
    assert campaign.team == team
    assert campaign.rules == mechanic.rules_type().dump()
    assert [use.benefit for use in campaign.benefits.all()] == [gift] * len(gifts)
    assert desk.get(campaign.get_absolute_url()).status_code == 200
    again = desk.get(edit(campaign)).context["typed"]
    assert again.mechanic.rules_type.load(again.rules_json).dump() == campaign.rules


def test_an_unknown_mechanic_has_no_form(desk):
    assert desk.get(f"{ADD}?mechanic=roulette").status_code == 404


def test_bad_input_comes_back_whole_with_each_error_beside_its_field(desk, gift, form_of, team):
    group = Group.objects.create(name="福利1群", kind="benefit", team=team)
    typed = form_of(
        "assist",
        title="",
        headline="好友帮一把",
        groups=[group.pk],
        budget="很多",
        month_days="40",
        **{
            "rule.stages": "3, 十",
            "rule.hours": "99999",
            "gift.stage_3": [gift.pk, gift.pk],
            "quantity.stage_3": ["0", "2"],
        },
    )
    page = desk.post(f"{ADD}?mechanic=assist", typed)
    html = page.content.decode()
    assert page.context["config"]["is_typed"]
    assert page.status_code == 200
    assert not Campaign.objects.exists()
    typed_in = page.context["typed"]
    wrong = {rule.name: rule.error for rule in typed_in.inputs if rule.error}
    assert set(wrong) == {"stages", "hours"}
    assert "请填 1 到 1440" in wrong["hours"]
    assert set(typed_in.form.errors) == {"title", "budget", "month_days"}
    for kept in ("3, 十", "99999", "好友帮一把", "很多", "福利1群"):
        assert kept in html
    rows = typed_in.gifts.by_slot["stage_3"]
    assert [(row.benefit, row.quantity, bool(row.error)) for row in rows] == [
        (str(gift.pk), "0", True),
        (str(gift.pk), "2", True),
    ]


def test_rules_that_contradict_one_another_are_said_beside_the_rule(desk, form_of):
    page = desk.post(f"{ADD}?mechanic=assist", form_of("assist", **{"rule.stages": "10, 3"}))
    errors = {rule.name: rule.error for rule in page.context["typed"].inputs}
    assert "从小到大" in errors["stages"]


def test_times_are_read_on_the_campaigns_own_clock_and_shown_so_again(desk, form_of):
    typed = form_of(
        "assist",
        repeat="weekly",
        weekdays=["4"],
        at_time="20:00",
        starts_at="2026-03-02T09:00",
        timezone="Asia/Tokyo",
        duration_value="36",
        duration_unit="hour",
    )
    desk.post(f"{ADD}?mechanic=assist", typed)
    campaign = Campaign.objects.get()
    assert campaign.starts_at == datetime(2026, 3, 2, 0, tzinfo=UTC)
    assert (campaign.weekdays, campaign.at_time, campaign.duration_minutes) == ([4], time(20), 36 * 60)
    html = desk.get(edit(campaign)).content.decode()
    assert 'value="2026-03-02T09:00"' in html
    assert "每周五 20:00，每期 1 天 12 小时" in html


def test_the_panels_follow_what_is_typed_and_store_nothing(desk, form_of, gift):
    typed = form_of(
        "assist",
        mechanic="assist",
        repeat="weekly",
        weekdays=["4"],
        at_time="20:00",
        budget="200",
        expected_entries="100",
        headline="来帮我",
        **{"rule.stages": "2, 5", "gift.stage_2": gift.pk, "quantity.stage_2": "1"},
    )
    answer = desk.post(LIVE, typed).json()
    assert answer["errors"] == {}
    assert answer["slot_keys"] == ["stage_2", "stage_5", "helper"]
    assert "满 2 人就有礼" in answer["screens"]
    assert "来帮我" in answer["screens"]
    assert 'data-of="nearly"' in answer["screens"]
    assert 'data-of="failed"' in answer["screens"]
    assert "最坏要花 ¥350.00，超出预算 ¥150.00" in answer["economics"]
    assert answer["schedule"].count("<li>") == 5
    assert "周五 20:00" in answer["schedule"]
    assert not Campaign.objects.exists()


def test_colleagues_in_the_team_do_not_make_it_many(desk, form_of, make_user, team):
    for name in ("colleague", "another"):
        make_user(name, Role.GROUP_OPERATOR, team)
    assert desk.post(LIVE, form_of("assist", mechanic="assist")).status_code == 200
    assert desk.post(f"{ADD}?mechanic=assist", form_of("assist")).status_code == 302
    assert Campaign.objects.get().team == team


def test_the_panels_go_on_while_a_rule_is_wrong(desk, form_of):
    answer = desk.post(LIVE, form_of("assist", mechanic="assist", **{"rule.stages": "三"})).json()
    assert "填得不对" in answer["errors"]["rule.stages"]
    assert answer["slot_keys"] == ["stage_3", "stage_10", "stage_30", "helper"]
    assert "预览先按默认值" in answer["screens"]


def test_gifts_of_a_stage_that_went_stay_on_the_page_and_are_not_stored(desk, form_of, gift):
    typed = form_of("assist", mechanic="assist", **{"rule.stages": "2", "gift.stage_3": gift.pk})
    slots = desk.post(LIVE, typed).json()["slots"]
    assert f'name="gift.stage_3" value="{gift.pk}"' in slots
    desk.post(f"{ADD}?mechanic=assist", typed)
    assert not CampaignBenefit.objects.exists()
    assert Campaign.objects.get().rules["stages"] == [2]


def test_a_form_opened_before_a_colleagues_change_is_not_written_over_it(desk, form_of, operator):
    desk.post(f"{ADD}?mechanic=assist", form_of("assist"))
    campaign = Campaign.objects.get()
    seen_at = campaign.updated_at.isoformat()
    desk.post(edit(campaign), form_of("assist", title="同事的标题", seen_at=seen_at))
    page = desk.post(edit(campaign), form_of("assist", title="我的标题", seen_at=seen_at))
    assert "别人改过这个活动" in page.content.decode()
    assert "我的标题" in page.content.decode()
    campaign.refresh_from_db()
    assert campaign.title == "同事的标题"


def test_another_teams_campaign_groups_and_gifts_are_out_of_reach(desk, form_of):
    other = Team.objects.create(name="华南组")
    theirs = Campaign.objects.create(title="别组的", mechanic="assist", team=other)
    hidden_group = Group.objects.create(name="别组的群", kind="vip", team=other)
    hidden_gift = Benefit.objects.create(name="别组的礼品", kind="physical", team=other)
    assert desk.get(edit(theirs)).status_code == 404
    assert desk.get(theirs.get_absolute_url()).status_code == 404
    assert desk.post(LIVE, form_of("assist", campaign=theirs.pk)).status_code == 404
    html = desk.get(f"{ADD}?mechanic=assist").content.decode()
    assert "别组的" not in html
    found = desk.get(reverse("admin:campaigns_campaign_groups"), {"q": "群"}).json()
    assert found == {"groups": [], "count": 0}
    stolen = form_of("assist", groups=[hidden_group.pk], **{"gift.stage_3": hidden_gift.pk})
    page = desk.post(f"{ADD}?mechanic=assist", stolen)
    assert page.status_code == 200
    assert "groups" in page.context["form"].errors
    assert Campaign.objects.count() == 1


def test_whoever_only_looks_may_not_write(client, make_user, team, form_of):
    client.force_login(make_user("analyst", Role.ANALYST, team))
    assert client.get(ADD).status_code == 403
    assert client.post(LIVE, form_of("assist", mechanic="assist")).status_code == 403
    assert client.post(reverse("admin:campaigns_campaign_benefit"), {"name": "x"}).status_code == 403
    assert client.get(reverse("admin:campaigns_campaign_changelist")).status_code == 200


def test_an_archived_campaign_is_not_edited(desk, team):
    campaign = Campaign.objects.create(title="旧活动", mechanic="assist", team=team, state="archived")
    assert desk.get(edit(campaign)).url == campaign.get_absolute_url()


def test_a_gift_is_made_in_place_and_its_errors_name_their_fields(desk, team):
    url = reverse("admin:campaigns_campaign_benefit")
    refused = desk.post(url, {"name": "", "kind": "coupon", "cost": "-1"})
    assert refused.status_code == 400
    assert set(refused.json()["errors"]) >= {"name"}
    nameless = desk.post(url, {"name": "九折券", "kind": "coupon"})
    assert nameless.status_code == 400
    assert "请选券种" in json.dumps(nameless.json(), ensure_ascii=False)
    made = desk.post(url, {"name": "100 积分", "kind": "points", "amount": "100", "cost": "1.20"}).json()
    benefit = Benefit.objects.get()
    assert made == {"id": benefit.pk, "label": "100 积分 · 积分 · ¥1.20"}
    assert benefit.team == team
    assert benefit.amount == 100


def test_an_eighth_mechanic_in_one_file_has_card_form_preview_and_page(desk, gift, form_of, tmp_path):
    with eighth_mechanic(tmp_path) as key:
        assert 'data-testid="card-wave"' in desk.get(ADD).content.decode()
        html = desk.get(f"{ADD}?mechanic={key}").content.decode()
        assert "几个人挥手就算成功" in html
        assert "来挥挥手" in html
        assert 'data-of="done"' in html
        desk.post(f"{ADD}?mechanic={key}", form_of(key, **{"rule.waves": "4", "gift.waver": gift.pk}))
        campaign = Campaign.objects.get()
        assert (campaign.mechanic, campaign.rules["waves"]) == ("wave", 4)
        page = desk.get(campaign.get_absolute_url()).content.decode()
        assert "挥手人数" in page
        assert "4 人" in page
        assert "挥手" in desk.get(reverse("admin:campaigns_campaign_changelist")).content.decode()
        desk.post(reverse("admin:campaigns_campaign_act", args=[campaign.pk, "launch"]))
        campaign.refresh_from_db()
        assert campaign.state == "launched"
    # Its file is gone: the rows are still listed and shown.
    assert "周五帮一把" in desk.get(reverse("admin:campaigns_campaign_changelist")).content.decode()
    assert desk.get(campaign.get_absolute_url()).status_code == 200


def test_numbers_of_any_length_are_no_numbers_of_ours(desk, form_of, gift):
    endless = "9" * 5_000
    data = form_of("assist", groups=endless, **{"gift.stage_3": gift.pk, "quantity.stage_3": endless})
    for url, more in ((f"{ADD}?mechanic=assist", {}), (LIVE, {"mechanic": "assist"})):
        assert desk.post(url, data | more).status_code == 200
    assert desk.post(LIVE, form_of("assist", mechanic="assist", campaign=endless)).status_code == 404
    assert not Campaign.objects.exists()
