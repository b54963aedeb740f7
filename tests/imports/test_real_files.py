"""The two files that operators brought (M1, M3, M4), against an independent reading of them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Count, F, Sum

from apps.core.invariants import count_violations
from apps.groups.models import Group, Membership
from apps.imports.models import ImportJob
from apps.members.models import Member
from tests.imports import naive
from tests.imports.conftest import DATA, counts, run_check, run_import

GBK, UTF8 = DATA / "members_excel_gbk.csv", DATA / "members_utf8.csv"


@pytest.fixture
def witness(real_groups):
    world = naive.World()
    groups, tomorrow = set(real_groups), datetime.now(UTC) + timedelta(days=1)
    return world, lambda path: naive.run(world, path, groups, tomorrow)


def stored() -> dict[str, naive.Person]:
    """The database in the witness's words."""
    found = {}
    members = Member.objects.select_related("tier", "inviter").prefetch_related(
        "tags", "identities", "memberships__group"
    )
    for member in members:
        wechats = {identity.value for identity in member.identities.all()}
        key = member.phone or f"wechat:{min(wechats)}"
        values = {
            "nickname": member.nickname,
            "gender": None if member.gender == "unknown" else member.gender,
            "born_on": member.born_on,
            "city": member.city,
            "source": member.source,
            "tier": member.tier.name if member.tier else "",
            "points": member.points_balance,
            "total_spent": member.total_spent,
            "joined_at": member.joined_at,
            "note": member.note,
        }
        found[key] = naive.Person(
            phone=member.phone,
            values={name: value for name, value in values.items() if value not in (None, "")},
            tags={tag.name for tag in member.tags.all()},
            groups={stay.group.name: None for stay in member.memberships.all()},
            wechats=wechats,
            inviter=member.inviter.phone if member.inviter else None,
        )
    return found


@pytest.mark.django_db
def test_both_files_end_as_an_independent_reading_says(witness):
    world, expect = witness
    for path in (GBK, UTF8):
        assert counts(run_import(path)) == expect(path)
    found = stored()
    assert found.keys() == world.people.keys()
    for key, person in world.people.items():
        mine = found[key]
        person.values.setdefault("points", 0)
        person.values.setdefault("total_spent", 0)
        assert mine.values == person.values, key
        assert mine.tags == person.tags, key
        assert mine.wechats == person.wechats, key
        assert mine.inviter == person.inviter, key
        # No group of these files overflows, so every named group has its people.
        assert mine.groups.keys() == person.groups.keys(), key


@pytest.mark.django_db
def test_the_same_file_again_changes_nothing(real_groups):
    first = counts(run_import(GBK))
    before = list(Member.objects.order_by("pk").values_list("pk", "updated_at", "points_balance"))
    second = counts(run_import(GBK))
    assert second["created"] == second["updated"] == 0
    assert second["unchanged"] == first["created"] + first["unchanged"]
    assert list(Member.objects.order_by("pk").values_list("pk", "updated_at", "points_balance")) == before


@pytest.mark.django_db
def test_the_check_says_what_the_import_then_does(real_groups):
    checked = run_check(UTF8)
    assert checked.state == "checked"
    assert not Member.objects.exists()
    assert not Membership.objects.exists()
    assert checked.preview["counts"] == counts(run_import(UTF8))


@pytest.mark.django_db(transaction=True)
def test_promises_hold_in_the_rows(real_groups):
    for path in (GBK, UTF8):
        run_import(path)
    broken = {f"{item.promise} {item.name}": count for item, count in count_violations() if count}
    assert broken == {}
    sums = Member.objects.annotate(total=Sum("points_entries__delta"))
    assert not sums.exclude(total=F("points_balance")).exclude(total=None, points_balance=0).exists()
    truth = dict(
        Membership.objects.current()
        .values_list("group_id")
        .annotate(total=Count("id"))
        .values_list("group_id", "total")
    )
    assert dict(Group.objects.filter(member_count__gt=0).values_list("pk", "member_count")) == truth


@pytest.mark.django_db
def test_counts_of_what_was_created_are_counts_of_rows_in_the_table(real_groups):
    job = run_import(GBK)
    assert job.created_count == Member.objects.count()
    assert ImportJob.objects.get().read_count == len(naive.read(GBK))
