"""Groups, members and campaigns that a batch names: one query for each sort, within the source's team (S1)."""

from collections.abc import Iterable

from django.db import connection
from django.utils.translation import gettext_lazy as _

from apps.analytics.services.ingesting.reading import PHONE, Identity, Problem, Row
from apps.campaigns.models import Campaign
from apps.groups.models import Group

_SEEN = """
 (%(team)s::bigint IS NULL OR EXISTS (
   SELECT 1 FROM members_memberteam s WHERE s.member_id = m.id AND s.team_id = %(team)s))"""
_BY_ID = "SELECT m.id FROM members_member m WHERE m.id = ANY(%(ids)s)"
_OF_TEAM = (
    "SELECT s.member_id FROM members_memberteam s WHERE s.member_id = ANY(%(ids)s) AND s.team_id = %(team)s"
)
_BY_PHONE = f"SELECT m.phone, m.id FROM members_member m WHERE m.phone = ANY(%(values)s) AND {_SEEN}"
_BY_IDENTITY = f"""
SELECT i.kind, i.value, m.id FROM unnest(%(kinds)s::text[], %(values)s::text[]) AS w(kind, value)
JOIN members_identity i ON i.kind = w.kind AND i.value = w.value JOIN members_member m ON m.id = i.member_id
WHERE {_SEEN}"""


def look_up(rows: Iterable[Row], *, team_id: int | None) -> tuple[list[Row], list[Problem]]:
    """Rows with the numbers of their groups, teams and members; and those that name something unknown, or another
    team's: both read the same, so that nobody learns what others have."""
    rows = list(rows)
    groups = _groups({row.group_id for row in rows if row.group_id is not None}, team_id)
    ids = _members({row.member for row in rows if isinstance(row.member, int)}, team_id)
    names = _identities({row.member for row in rows if isinstance(row.member, tuple)}, team_id)
    campaigns = _campaigns({row.data["campaign"] for row in rows if row.data.get("campaign")}, team_id)
    found: list[Row] = []
    problems: list[Problem] = []
    for row in rows:
        if row.group_id is not None and row.group_id not in groups:
            problems.append(_unknown(row, "group"))
        elif (isinstance(row.member, int) and row.member not in ids) or (
            isinstance(row.member, tuple) and row.member not in names
        ):
            problems.append(_unknown(row, "member"))
        elif row.data.get("campaign") and row.data["campaign"] not in campaigns:
            problems.append(_unknown(row, "data.campaign"))
        else:
            row.team_id = groups[row.group_id] if row.group_id is not None else team_id
            row.member_id = names[row.member] if isinstance(row.member, tuple) else row.member
            found.append(row)
    return found, problems


def _unknown(row: Row, field: str) -> Problem:
    code = f"unknown_{field.rpartition('.')[2]}"
    return Problem(row.index, row.key, code, field, _("没有找到，或不属于这个来源的团队。"))


def _groups(wanted: set[int], team_id: int | None) -> dict[int, int | None]:
    if not wanted:
        return {}
    rows = Group.objects.filter(pk__in=wanted)
    if team_id is not None:
        rows = rows.filter(team=team_id)
    return dict(rows.order_by().values_list("pk", "team_id"))


def _campaigns(wanted: set[int], team_id: int | None) -> set[int]:
    if not wanted:
        return set()
    rows = Campaign.objects.filter(pk__in=wanted)
    if team_id is not None:
        rows = rows.filter(team=team_id)
    return set(rows.order_by().values_list("pk", flat=True))


def _members(wanted: set[int], team_id: int | None) -> set[int]:
    if not wanted:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_BY_ID if team_id is None else _OF_TEAM, {"ids": list(wanted), "team": team_id})
        return {row[0] for row in cursor.fetchall()}


def _identities(wanted: set[Identity], team_id: int | None) -> dict[Identity, int]:
    found: dict[Identity, int] = {}
    phones = [value for kind, value in wanted if kind == PHONE]
    others = [name for name in wanted if name[0] != PHONE]
    with connection.cursor() as cursor:
        if phones:
            cursor.execute(_BY_PHONE, {"values": phones, "team": team_id})
            found |= {(PHONE, phone): pk for phone, pk in cursor.fetchall()}
        if others:
            kinds, values = (list(column) for column in zip(*others, strict=True))
            cursor.execute(_BY_IDENTITY, {"kinds": kinds, "values": values, "team": team_id})
            found |= {(kind, value): pk for kind, value, pk in cursor.fetchall()}
    return found
