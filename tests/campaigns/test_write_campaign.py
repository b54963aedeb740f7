"""Writing campaigns and gifts: scope, what may be changed when, and the trail it leaves."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from apps.accounts.enums import Role
from apps.accounts.models import AuditEntry, Team
from apps.campaigns.models import Benefit, Campaign
from apps.campaigns.selectors.economics import Gift
from apps.campaigns.services.benefits import write_benefit
from apps.campaigns.services.campaigns import write_campaign
from apps.campaigns.services.runs import NotReady, check_campaign, launch, open_now
from apps.core.errors import Invalid, NotAllowed, WrongState
from apps.groups.models import Group

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)


@pytest.fixture
def operator(make_user, team):
    return make_user("operator", Role.GROUP_OPERATOR, team)


@pytest.fixture
def gift(team):
    return Benefit.objects.create(name="洗衣凝珠", kind="physical", team=team, cost=Decimal("3.50"))


@pytest.fixture
def write(operator):
    """``write(title="…")`` → a draft; ``write(campaign, …)`` changes one."""

    def call(campaign=None, *, benefits=(), groups=(), actor=operator, seen_at=None, **values):
        first = (
            {"mechanic": "assist", "title": "帮一把", "rules": {"stages": [3]}} if campaign is None else {}
        )
        return write_campaign(
            campaign=campaign,
            values=first | values,
            benefits=benefits,
            groups=groups,
            actor=actor,
            now=NOW,
            seen_at=seen_at,
        )

    return call


def test_a_new_campaign_is_a_draft_of_its_writer_with_whole_rules(write, operator, team, gift):
    campaign = write(benefits=[Gift("stage_3", gift, 2)])
    assert (campaign.state, campaign.owner, campaign.team) == ("draft", operator, team)
    assert campaign.rules["hours"] == 72
    assert campaign.rules["stages"] == [3]
    assert [(use.slot, use.quantity) for use in campaign.benefits.all()] == [("stage_3", 2)]
    assert AuditEntry.objects.get(action="campaign.create").target == f"campaigns.campaign:{campaign.pk}"


def test_the_trail_names_what_changed_and_not_what_was_written(write):
    campaign = write()
    write(campaign, title="新名字", budget=Decimal("10.00"))
    entry = AuditEntry.objects.get(action="campaign.change")
    assert entry.detail == {"changed": ["budget", "title"]}


def test_risk_is_stored_as_what_differs_from_the_recommendation(write):
    campaign = write(risk={"farm": {"is_on": False, "times": 4}, "roulette": {"x": 1}})
    assert campaign.risk == {"farm": {"is_on": False}}
    write(campaign, title="新名字", risk={"farm": {"is_on": False}, "burst": {"minutes": 10}})
    assert AuditEntry.objects.get(action="campaign.change").detail == {"changed": ["title"]}


def test_gifts_are_replaced_row_by_row(write, gift, team):
    other = Benefit.objects.create(name="券", kind="physical", team=team)
    campaign = write(benefits=[Gift("stage_3", gift)])
    kept = campaign.benefits.get()
    write(campaign, benefits=[Gift("stage_3", gift, 5), Gift("helper", other)])
    assert {(u.slot, u.benefit.name, u.quantity) for u in campaign.benefits.all()} == {
        ("stage_3", "洗衣凝珠", 5),
        ("helper", "券", 1),
    }
    assert campaign.benefits.get(slot="stage_3").pk == kept.pk
    write(campaign, benefits=[])
    assert not campaign.benefits.exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"mechanic": "roulette"}, "mechanic"),
        ({"rules": {"stages": [0]}}, "rule.stages"),
        ({"rules": {"stages": [10, 3]}}, "rule.stages"),
        ({"risk": {"hold_from": 0}}, "risk.hold_from"),
        ({"risk": {"burst": {"device_members": 1}}}, "risk.burst.device_members"),
        ({"timezone": "Mars/Base"}, "timezone"),
    ],
)
def test_what_cannot_work_is_refused_by_name(write, values, field):
    with pytest.raises(Invalid) as refusal:
        write(**values)
    assert refusal.value.field == field
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(
    "gifts",
    [
        lambda gift: [Gift("stage_9", gift)],
        lambda gift: [Gift("stage_3", gift, 0)],
        lambda gift: [Gift("stage_3", gift), Gift("stage_3", gift, 2)],
    ],
    ids=["no such slot", "none of it", "twice in a slot"],
)
def test_gifts_that_cannot_be_placed_are_refused(write, gift, gifts):
    with pytest.raises(Invalid) as refusal:
        write(benefits=gifts(gift))
    assert refusal.value.field == "benefits"
    assert not Campaign.objects.exists()


def test_a_retired_gift_is_not_put_in_but_may_stay(write, gift):
    campaign = write(benefits=[Gift("stage_3", gift)])
    Benefit.objects.update(is_active=False)
    gift.refresh_from_db()
    write(campaign, benefits=[Gift("stage_3", gift)], title="照旧")
    with pytest.raises(Invalid, match="已经停用"):
        write(benefits=[Gift("stage_3", gift)])


def test_nobody_reaches_into_another_team(write, make_user, operator):
    other = Team.objects.create(name="华南组")
    outsider = make_user("outsider", Role.GROUP_OPERATOR, other)
    campaign = write()
    group = Group.objects.create(name="别组的群", kind="vip", team=other)
    gift = Benefit.objects.create(name="别组的", kind="physical", team=other)
    attempts = [
        lambda: write(campaign, title="抢", actor=outsider),
        lambda: write(groups=[group]),
        lambda: write(benefits=[Gift("stage_3", gift)]),
        lambda: write(team=other),
        lambda: write(campaign, team=other),
        lambda: write(team=None),
        lambda: write_benefit(benefit=gift, values={"name": "抢"}, actor=operator, now=NOW),
        lambda: write_benefit(
            benefit=None, values={"name": "x", "kind": "physical", "team": other}, actor=operator, now=NOW
        ),
    ]
    for attempt in attempts:
        with pytest.raises(NotAllowed):
            attempt()
    assert Campaign.objects.count() == 1
    assert Benefit.objects.count() == 1


def test_what_a_colleague_of_another_team_put_in_may_stay(write, architect, operator, team):
    other = Team.objects.create(name="华南组")
    group = Group.objects.create(name="别组的群", kind="vip", team=other)
    gift = Benefit.objects.create(name="别组的", kind="physical", team=other)
    campaign = write(actor=architect, team=team, groups=[group], benefits=[Gift("stage_3", gift)])
    write(campaign, title="改名", groups=[group], benefits=[Gift("stage_3", gift)])
    assert campaign.groups.get() == group


@pytest.mark.parametrize("role", [Role.MEMBER_SERVICE, Role.ANALYST])
def test_only_who_may_write_writes(write, make_user, team, role):
    with pytest.raises(NotAllowed):
        write(actor=make_user("someone", role, team))


def test_of_two_writers_the_second_is_told(write):
    campaign = write()
    seen = campaign.updated_at
    write(campaign, title="甲", seen_at=seen)
    with pytest.raises(WrongState) as refusal:
        write(campaign, title="乙", seen_at=seen)
    assert refusal.value.code == "changed_meanwhile"
    campaign.refresh_from_db()
    assert campaign.title == "甲"


def test_an_archived_campaign_stays_as_it_was(write):
    campaign = write()
    Campaign.objects.update(state="archived")
    with pytest.raises(WrongState):
        write(campaign, title="x")


def test_changing_a_launched_campaign_leaves_the_run_that_is_open_alone(write, gift, operator):
    campaign = write(benefits=[Gift("stage_3", gift)], repeat="on_demand")
    launch(campaign=campaign, actor=operator, now=NOW)
    run = open_now(campaign=campaign, actor=operator, now=NOW)
    campaign.refresh_from_db()
    write(campaign, rules={"stages": [5]}, benefits=[Gift("stage_5", gift)])
    run.refresh_from_db()
    assert run.plan["rules"]["stages"] == [3]
    assert set(run.plan["slots"]) == {"stage_3"}


def test_stock_is_kept_only_where_the_mechanic_counts_it(write):
    assert write(stock=5).stock is None
    assert write(mechanic="bargain", rules={}, stock=5).stock == 5


def test_a_gift_says_what_is_wrong_with_it(operator):
    with pytest.raises(Invalid, match="请填红包金额"):
        write_benefit(benefit=None, values={"name": "红包", "kind": "red_packet"}, actor=operator, now=NOW)
    made = write_benefit(
        benefit=None, values={"name": "红包", "kind": "red_packet", "face_value": 5}, actor=operator, now=NOW
    )
    changed = write_benefit(benefit=made, values={"name": "大红包"}, actor=operator, now=NOW)
    assert (changed.name, changed.pk) == ("大红包", made.pk)
    actions = AuditEntry.objects.order_by("id").values_list("action", flat=True)
    assert list(actions) == ["benefit.create", "benefit.change"]


@pytest.mark.parametrize(
    ("kind", "values", "quantity"),
    [
        ("physical", {"cost": Decimal("3.50")}, 1_001),
        ("physical", {"cost": Decimal("99999999.99")}, 1),
        ("red_packet", {"face_value": Decimal("99999.99")}, 1_000),
        ("points", {"amount": 1_000_000}, 2),
        ("membership", {"amount": 366}, 11),
    ],
)
def test_no_gift_is_so_large_that_giving_it_breaks(write, operator, team, kind, values, quantity):
    """C3: it would break in the face of the member who has just earned it."""
    gift = Benefit.objects.create(name="太多", kind=kind, team=team, **values)
    with pytest.raises(Invalid) as refusal:
        write(benefits=[Gift("stage_3", gift, quantity)])
    assert refusal.value.field == "benefits"
    assert "太多" in str(refusal.value)
    # Enlarged afterwards, it stops the launch.
    small = Benefit.objects.create(name="刚好", kind="points", team=team, amount=1)
    campaign = write(benefits=[Gift("stage_3", small, 1_000)])
    Benefit.objects.filter(pk=small.pk).update(amount=1_001)
    assert [c.code for c in check_campaign(campaign, now=NOW) if c.is_error] == ["benefit_too_much"]


def test_more_red_packets_at_once_than_a_day_allows_would_wait_for_ever(write, operator, team):
    packet = Benefit.objects.create(
        name="开心红包", kind="red_packet", team=team, face_value=Decimal("1.00"), daily_limit=2
    )
    with pytest.raises(Invalid, match="超过了每人每天最多 2 个") as refused:
        write(benefits=[Gift("stage_3", packet, 3)])
    assert "每人每天最多几个" in str(refused.value.hint)
    campaign = write(benefits=[Gift("stage_3", packet, 2)])
    assert not [c for c in check_campaign(campaign, now=NOW) if c.is_error]
    Benefit.objects.filter(pk=packet.pk).update(daily_limit=1)
    with pytest.raises(NotReady) as stopped:
        launch(campaign=campaign, actor=operator, now=NOW)
    found = next(check for check in stopped.value.checks if check.is_error)
    assert (found.code, found.field) == ("benefit_too_much", "slot.stage_3")
    assert "会一直等着发不出去" in found.text
    assert "调到 2 或更多" in found.hint
    Benefit.objects.filter(pk=packet.pk).update(daily_limit=None)
    launch(campaign=campaign, actor=operator, now=NOW)


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "points", "amount": 1_000_001},
        {"kind": "membership", "amount": 2_147_483_647},
        {
            "kind": "coupon",
            "coupon_kind": "fixed",
            "coupon_value": Decimal(5),
            "coupon_valid_days": 3_000_000,
        },
    ],
)
def test_a_gift_has_days_and_points_that_can_be_reckoned_with(operator, team, values):
    with pytest.raises(Invalid, match="最多"):
        write_benefit(benefit=None, values={"name": "x", "team": team} | values, actor=operator, now=NOW)
