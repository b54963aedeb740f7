"""The member list stays an index walk: plans at a size where a scan would already be chosen if it had to be."""

import pytest
from django.db import connection
from django.db.models import Exists, OuterRef

from apps.members.models import Member, MemberTag
from apps.members.selectors.search import distinct_values, search_members

pytestmark = pytest.mark.django_db
ROWS = 30_000


@pytest.fixture
def crowd(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO members_member (phone, nickname, city, source, note, gender, lifecycle)"
            " SELECT '+861' || (3000000000 + i * 7), substr('赵钱孙李周吴郑王冯陈褚卫', i %% 12 + 1, 1)"
            "   || substr('春夏秋冬梅兰竹菊云雨', i / 12 %% 10 + 1, 1) || chr(19968 + i %% 2000),"
            "   CASE WHEN i %% 3000 = 0 THEN '拉萨' ELSE '杭州' END, '门店', '', 'unknown', 'prospect'"
            " FROM generate_series(1, %s) AS i",
            [ROWS],
        )
        cursor.execute(
            "INSERT INTO members_tag (name, category) SELECT '标签' || i, '' FROM generate_series(1, 50) i"
        )
        cursor.execute(
            "INSERT INTO members_membertag (member_id, tag_id) SELECT m.id, t.id FROM members_member m"
            " JOIN (SELECT id, row_number() OVER () AS n FROM members_tag) t ON t.n = m.id % 50 + 1"
        )
        cursor.execute("ANALYZE members_member")
        cursor.execute("ANALYZE members_membertag")


def plan(query) -> str:
    return query.order_by("-id")[:26].explain()


@pytest.mark.parametrize(
    ("term", "index"),
    [
        ("13000000007", "member_phone_once"),
        ("8913", "member_phone_tail"),
        ("春丁", "member_nickname_doubled"),
        ("赵春一", "member_nickname_doubled"),
    ],
)
def test_search_walks_an_index(crowd, term, index):
    assert index in plan(search_members(Member.objects.all(), term))


def test_the_plain_list_reads_only_its_page(crowd):
    text = plan(Member.objects.select_related("tier"))
    assert "members_member_pkey" in text
    assert "Seq Scan on members_member" not in text


@pytest.mark.parametrize("city", ["杭州", "拉萨"])
def test_a_rare_and_a_common_city_come_by_index(crowd, city):
    assert "Seq Scan" not in plan(Member.objects.filter(city=city))


def test_a_tag_comes_by_index(crowd):
    tag = MemberTag.objects.values_list("tag_id", flat=True)[0]
    rows = Member.objects.filter(Exists(MemberTag.objects.filter(member=OuterRef("pk"), tag_id__in=[tag])))
    assert "Seq Scan" not in plan(rows)


def test_distinct_values_hop(crowd):
    assert distinct_values("city") == sorted(["拉萨", "杭州"])
    assert distinct_values("source") == ["门店"]


def test_doubling_finds_what_the_plain_text_holds(db):
    for name in ("张伟", "大张伟业", "aab", "ab", "AaA", "阿春梅🍑", "50%", "a_b"):
        Member.objects.create(nickname=name)
    for term in ("张伟", "伟", "aa", "ab", "AAB", "春梅", "🍑", "%", "_", "0%"):
        expected = {m.nickname for m in Member.objects.all() if term.upper() in m.nickname.upper()}
        found = set(search_members(Member.objects.all(), term).values_list("nickname", flat=True))
        assert found == expected, term
