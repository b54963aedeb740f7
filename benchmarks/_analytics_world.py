"""A made-up house for the analytics benchmarks: its members, groups and facts of a year, by plain SQL in minutes.

Members have ids from 1 on; a few are far more active than most. Facts carry what the services write: the run and
campaign in ``data``, the delivery's key in ``subject``, the member's source and tier of that moment.
"""

from datetime import datetime

TEAMS, GROUPS, CAMPAIGNS = 5, 200, 20
DAYS = 365

_FACTS = """
INSERT INTO events_event
  (occurred_at, kind, key, team_id, actor_id, group_id, member_id, subject, value, data, tier_id, source)
SELECT at, kind, 'world:' || %(prefix)s::text || i, team, actor, CASE WHEN in_group THEN grp END, member,
  CASE WHEN kind = 'post.sent' THEN 'post:' || post || ':group:' || grp || ':0:0' ELSE '' END,
  CASE WHEN kind IN ('order.paid', 'order.created', 'order.refunded', 'benefit.granted')
    THEN round((5 + 300 * money ^ 3)::numeric, 2) END,
  CASE
    WHEN kind LIKE 'campaign.%%' THEN jsonb_build_object('run', run, 'campaign', 1 + run %% %(campaigns)s,
      'kind', 'help', 'is_new', is_new, 'owner', owner, 'entry', i / 3)
    WHEN kind LIKE 'page.%%' THEN jsonb_build_object('run', run, 'campaign', 1 + run %% %(campaigns)s,
      'variant', '', 'channel', channel)
    WHEN kind = 'group.joined' THEN jsonb_build_object('channel', channel, 'inviter', owner)
    WHEN kind LIKE 'order.%%' THEN jsonb_build_object('run', run, 'campaign', 1 + run %% %(campaigns)s, 'post', post)
    WHEN kind LIKE 'benefit.%%' THEN jsonb_build_object('run', run, 'campaign', 1 + run %% %(campaigns)s,
      'kind', 'coupon', 'quantity', 1, 'face_value', '10.00')
    WHEN kind = 'coupon.redeemed' THEN jsonb_build_object('run', run, 'in_store', is_new)
    ELSE '{}'::jsonb END,
  1 + member %% 4, (ARRAY['门店', '公众号', '抖音', '朋友圈', '地推', '老带新', '小程序', '线下活动'])[1 + member %% 8]
FROM (
  SELECT i, at, kind, CASE WHEN kind <> 'post.sent' THEN member END AS member, 1 + grp %% %(teams)s AS team, grp,
    CASE WHEN kind = 'post.sent' OR money < .1 THEN 1 + grp %% 20 END AS actor,
    kind <> 'page.section_viewed' AND money < .8 AS in_group, money, 1 + (span * 2)::int + (money * 8)::int AS post,
    1 + (span / 7)::int + (owner * 5)::int AS run, owner < .4 AS is_new, 1 + (owner ^ 2 * %(members)s)::int AS owner,
    '活码' || (money * 30)::int AS channel
  FROM (
    SELECT i, span, %(from)s::timestamptz + span * interval '1 day' AS at,
      1 + ((%(members)s - 1) * who ^ 2)::int AS member,
      -- A member is mostly in one group.
      1 + (CASE WHEN money < .9 THEN ((%(members)s - 1) * who ^ 2)::int ELSE (money * 100000)::int END) %% %(groups)s AS grp,
      money, owner,
      CASE WHEN k < .40 THEN 'page.viewed' WHEN k < .46 THEN 'page.section_viewed' WHEN k < .50 THEN 'page.dwelled'
        WHEN k < .57 THEN 'campaign.entered' WHEN k < .72 THEN 'campaign.contributed'
        WHEN k < .79 THEN 'order.created' WHEN k < .85 THEN 'order.paid' WHEN k < .855 THEN 'order.refunded'
        WHEN k < .93 THEN 'group.joined' WHEN k < .95 THEN 'group.left' WHEN k < .96 THEN 'post.sent'
        WHEN k < .985 THEN 'benefit.granted' ELSE 'coupon.redeemed' END AS kind
    FROM (
      SELECT i, random() AS k, random() AS who, random() AS money, random() AS owner, random() * %(days)s AS span
      FROM generate_series(%(first)s, %(last)s) AS i OFFSET 0) dice) drawn) facts
"""


def fill_house(members: int) -> None:
    """Teams, groups and ``members`` members; ids start from 1 in an empty database."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_team (id, name, note, created_at, updated_at)"
            " SELECT i, '团队 ' || i, '', now(), now() FROM generate_series(1, %s) AS i ON CONFLICT DO NOTHING",
            [TEAMS],
        )
        cursor.execute("TRUNCATE members_member CASCADE")
        cursor.execute(
            "INSERT INTO members_member (id, phone, nickname, city, source, note, gender, lifecycle, total_spent,"
            " points_balance, created_at, updated_at)"
            " SELECT i, '+861' || (3000000000 + i), '成员' || i, '杭州', '门店', '', 'unknown', 'prospect', 0, 0,"
            " now(), now() FROM generate_series(1, %s) AS i",
            [members],
        )
    from apps.groups.models import Group

    Group.objects.bulk_create(
        [
            Group(id=number, name=f"社群 {number}", kind="daily_sales", team_id=1 + number % TEAMS)
            for number in range(1, GROUPS + 1)
        ],
        ignore_conflicts=True,
    )


def fill_runs(until: datetime) -> None:
    """The campaigns and runs that the facts of the :data:`DAYS` days up to ``until`` name: a run begins every week."""
    from datetime import timedelta

    from apps.campaigns.enums import CampaignState, RunState
    from apps.campaigns.models import Campaign, Run

    Campaign.objects.bulk_create(
        [
            Campaign(id=number, title=f"活动 {number}", mechanic="assist", state=CampaignState.LAUNCHED)
            for number in range(1, CAMPAIGNS + 1)
        ],
        ignore_conflicts=True,
    )
    since, weeks = until - timedelta(days=DAYS), DAYS // 7
    Run.objects.bulk_create(
        [
            Run(
                id=number,
                campaign_id=1 + number % CAMPAIGNS,
                number=1 + number // CAMPAIGNS,
                period=f"world-{number}",
                mechanic="assist",
                state=RunState.CLOSED,
                opens_at=since + timedelta(weeks=number - 6),
                closes_at=since + timedelta(weeks=number),
                opened_at=since + timedelta(weeks=number - 6),
                closed_at=since + timedelta(weeks=number),
            )
            for number in range(1, weeks + 8)
        ],
        ignore_conflicts=True,
    )


def fill_facts(
    facts: int, members: int, *, until: datetime, days: int = DAYS, prefix: str = "", chunk: int = 500_000
) -> None:
    """Write ``facts`` facts of the ``days`` days up to ``until``, with the indexes made afterwards when there are many."""
    from datetime import timedelta

    from django.db import connection

    since = until - timedelta(days=days)
    with connection.cursor() as cursor:
        _make_partitions(cursor, since, until)
        cursor.execute("SELECT setseed(0.42)")
        later = _drop_indexes(cursor) if facts > 1_000_000 else []
        for first in range(1, facts + 1, chunk):
            cursor.execute(
                _FACTS,
                {
                    "prefix": prefix,
                    "members": members,
                    "campaigns": CAMPAIGNS,
                    "teams": TEAMS,
                    "groups": GROUPS,
                    "from": since,
                    "days": days,
                    "first": first,
                    "last": min(first + chunk - 1, facts),
                },
            )
        cursor.execute("SET maintenance_work_mem = '1GB'")
        for statement in later:
            cursor.execute(statement)
        cursor.execute("RESET maintenance_work_mem")
        cursor.execute("VACUUM ANALYZE events_event")


def _make_partitions(cursor: object, since: datetime, until: datetime) -> None:
    from apps.events.services.partitions import ensure_partitions

    month = since.replace(day=15)
    while month <= until.replace(day=28):
        ensure_partitions(now=month, months_ahead=2)
        month = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)


def _drop_indexes(cursor: object) -> list[str]:
    """Drop the log's indexes; returns the statements that make them again."""
    cursor.execute(  # type: ignore[attr-defined]
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = 'events_event'::regclass AND contype IN ('p', 'u')"
    )
    later = []
    for name, definition in cursor.fetchall():  # type: ignore[attr-defined]
        cursor.execute(f"ALTER TABLE events_event DROP CONSTRAINT {name}")  # type: ignore[attr-defined]
        later.append(f"ALTER TABLE events_event ADD CONSTRAINT {name} {definition}")
    cursor.execute(  # type: ignore[attr-defined]
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'events_event'"
    )
    for name, definition in cursor.fetchall():  # type: ignore[attr-defined]
        cursor.execute(f"DROP INDEX {name}")  # type: ignore[attr-defined]
        later.append(definition.replace(" ON ONLY ", " ON "))
    return later
