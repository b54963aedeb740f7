"""The groups' pages: health columns, filters, board, bulk change, closing, members."""

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from apps.accounts.enums import Role
from apps.accounts.models import Team
from apps.channels.models import Channel
from apps.groups.enums import GroupKind, GroupStage
from apps.groups.models import Group, Membership
from apps.groups.services.joining import join

LIST = "admin:groups_group_changelist"


@pytest.fixture
def operator(make_user, team):
    return make_user("operator", Role.GROUP_OPERATOR, team)


@pytest.fixture
def desk(client, operator):
    client.force_login(operator)
    cache.clear()
    return client


@pytest.mark.parametrize("rows", [1, 3])
def test_list_costs_the_same_for_one_and_three(desk, team, operator, rows, django_assert_num_queries):
    for n in range(rows):
        channel = Channel.objects.create(name=f"通道{n}", driver="manual", team=team)
        Group.objects.create(name=f"群{n}", kind=GroupKind.VIP, team=team, owner=operator, channel=channel)
    desk.get(reverse(LIST))
    with django_assert_num_queries(8):
        desk.get(reverse(LIST))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("reach=none", {"无通道"}),
        ("reach=broken", {"坏通道"}),
        ("reach=manual", {"坏通道", "满群"}),
        ("fullness=full", {"满群"}),
        ("fullness=nearly", {"满群"}),
        ("fullness=empty", {"无通道", "坏通道"}),
        ("q=满", {"满群"}),
    ],
)
def test_filters_find_what_operators_look_for(desk, team, query, expected):
    broken = Channel.objects.create(name="坏", driver="manual", team=team, state="disabled")
    good = Channel.objects.create(name="好", driver="manual", team=team)
    Group.objects.create(name="无通道", kind=GroupKind.VIP, team=team)
    Group.objects.create(name="坏通道", kind=GroupKind.VIP, team=team, channel=broken)
    Group.objects.create(name="满群", kind=GroupKind.VIP, team=team, channel=good, capacity=5, member_count=5)
    shown = desk.get(f"{reverse(LIST)}?{query}").context["cl"].result_list
    assert {group.name for group in shown} == expected


def test_list_says_what_is_wrong_with_the_channel(desk, team):
    broken = Channel.objects.create(name="小助手", driver="manual", team=team, state="disabled")
    Group.objects.create(name="甲", kind=GroupKind.VIP, team=team, channel=broken)
    Group.objects.create(name="乙", kind=GroupKind.VIP, team=team)
    html = desk.get(reverse(LIST)).content.decode()
    assert "小助手 · 已失效" in html
    assert "没有通道" in html


def test_new_group_starts_with_my_team(desk, operator, team):
    form = desk.get(reverse("admin:groups_group_add")).context["adminform"].form
    assert form.initial["team"] == team.pk
    assert form.initial["owner"] == operator.pk
    answer = desk.post(
        reverse("admin:groups_group_add"),
        {
            "name": "新群", "kind": "vip", "platform": "wecom", "stage": "recruiting", "team": team.pk,
            "capacity": "200", "timezone": "Asia/Shanghai", "lifetime": "long", "admission": "free",
            "memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0",
        },
    )  # fmt: skip
    assert answer.status_code == 302, answer.context["errors"]
    assert Group.objects.get().team == team


def test_stage_closed_is_not_a_choice_in_the_form(desk, group):
    form = desk.get(reverse("admin:groups_group_change", args=[group.pk])).context["adminform"].form
    assert GroupStage.CLOSED not in dict(form.fields["stage"].choices)


def test_closing_asks_for_a_reason(desk, group):
    url = reverse("admin:groups_group_close", args=[group.pk])
    assert "结束原因" in desk.get(url).content.decode()
    desk.post(url, {"_form_submitted": "True", "reason": ""})
    group.refresh_from_db()
    assert group.stage != GroupStage.CLOSED
    answer = desk.post(url, {"_form_submitted": "True", "reason": "目标达成"})
    assert answer["HX-Redirect"] == reverse("admin:groups_group_change", args=[group.pk])
    group.refresh_from_db()
    assert group.stage == GroupStage.CLOSED


def test_other_teams_group_cannot_be_closed(desk, db):
    foreign = Group.objects.create(name="乙", kind=GroupKind.VIP, team=Team.objects.create(name="华南组"))
    url = reverse("admin:groups_group_close", args=[foreign.pk])
    assert desk.post(url, {"_form_submitted": "True", "reason": "x"}).status_code == 404


def test_bulk_change_sets_stage_and_channel_at_once(desk, team, group):
    channel = Channel.objects.create(name="通道", driver="manual", team=team)
    other = Group.objects.create(name="乙", kind=GroupKind.VIP, team=team)
    chosen = desk.post(reverse(LIST), {"action": "bulk_change", "_selected_action": [group.pk, other.pk]})
    desk.post(chosen.url, {"stage": "active", "team": "keep", "owner": "keep", "channel": channel.pk})
    assert set(Group.objects.values_list("stage", "channel", "team")) == {("active", channel.pk, team.pk)}


def test_bulk_change_leaves_other_teams_alone(desk, db):
    foreign = Group.objects.create(name="乙", kind=GroupKind.VIP, team=Team.objects.create(name="华南组"))
    desk.post(
        f"{reverse('admin:groups_group_bulk')}?ids={foreign.pk}",
        {"stage": "active", "team": "empty", "owner": "keep", "channel": "keep"},
    )
    foreign.refresh_from_db()
    assert (foreign.stage, foreign.team is None) == ("recruiting", False)


def test_board_moves_a_card_and_refuses_closing(desk, group):
    board = reverse("admin:groups_group_board")
    assert group.name in desk.get(board).content.decode()
    assert desk.post(board, {"group": group.pk, "stage": "active"}).status_code == 204
    group.refresh_from_db()
    assert group.stage == "active"
    refused = desk.post(board, {"group": group.pk, "stage": "closed"})
    assert refused.status_code == 409
    assert "原因" in refused.content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_board_costs_the_same_for_one_and_three(desk, team, rows, django_assert_num_queries):
    for n in range(rows):
        Group.objects.create(name=f"群{n}", kind=GroupKind.VIP, team=team)
    desk.get(reverse("admin:groups_group_board"))
    with django_assert_num_queries(6):
        desk.get(reverse("admin:groups_group_board"))


def test_reader_cannot_move_cards(client, make_user, team, group):
    client.force_login(make_user("editor", Role.CONTENT_EDITOR, team))
    answer = client.post(reverse("admin:groups_group_board"), {"group": group.pk, "stage": "active"})
    assert answer.status_code == 403


def test_members_are_paged_and_masked(desk, operator, team, members):
    group = Group.objects.create(name="大群", kind=GroupKind.VIP, team=team, capacity=500)
    now = timezone.now()
    for member in members:
        join(group=group, member=member, actor=operator, now=now)
    html = desk.get(reverse("admin:groups_group_change", args=[group.pk])).content.decode()
    assert "138****0001" in html
    assert "13800000001" not in html


def test_membership_form_tells_a_full_group(client, architect, group, members, operator):
    client.force_login(architect)
    for member in members[:2]:
        join(group=group, member=member, actor=operator, now=timezone.now())
    url = reverse("admin:groups_membership_add")
    answer = client.post(url, {"group": group.pk, "member": members[2].pk, "role": "member"}, follow=True)
    assert "满员" in answer.content.decode()
    assert Membership.objects.count() == 2


@pytest.mark.parametrize("term", ["吃货", "成员1", "138 0000 0001", "+8613800000001"])
def test_memberships_are_found_by_group_name_or_phone(desk, group, members, operator, term):
    join(group=group, member=members[1], actor=operator, now=timezone.now())
    answer = desk.get(reverse("admin:groups_membership_changelist"), {"q": term})
    assert len(answer.context["cl"].result_list) == 1


def test_mark_left_closes_the_stay(desk, group, members, operator):
    stay = join(group=group, member=members[1], actor=operator, now=timezone.now())
    desk.post(
        reverse("admin:groups_membership_changelist"),
        {"action": "mark_left", "_selected_action": [stay.pk]},
    )
    stay.refresh_from_db()
    assert stay.left_at is not None


def test_membership_export_masks_phones_and_comes_back(desk, group, members, operator):
    from apps.accounts.admin.import_export import DetectedCSV
    from apps.groups.admin.membership_resource import MembershipResource

    join(group=group, member=members[1], actor=operator, now=timezone.now())
    data = desk.post(reverse("admin:groups_membership_export"), {"format": "0", "resource": ""}).content
    assert b"138****0001" in data
    assert b"13800000001" not in data
    text = data.decode("utf-8-sig").replace("群成员", "KOC")
    result = MembershipResource(user=operator).import_data(
        DetectedCSV().create_dataset(text.encode()), user=operator, raise_errors=True
    )
    assert result.totals["update"] == 1
    assert Membership.objects.get().role == "koc"


def test_form_offers_my_teams_only_and_zones_that_exist(desk, group, team):
    Team.objects.create(name="华南组")
    form = desk.get(reverse("admin:groups_group_change", args=[group.pk])).context["adminform"].form
    assert list(form.fields["team"].queryset) == [team]
    zones = dict(form.fields["timezone"].choices)
    assert "Asia/Shanghai" in zones
    assert "Mars/Base" not in zones
