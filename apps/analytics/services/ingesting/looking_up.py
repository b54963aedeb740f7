"""Groups, members and campaigns that a batch names: one query for each sort, within the source's team (S1)."""

from collections.abc import Iterable

from django.db import connection
from django.utils.translation import gettext_lazy as _

from apps.analytics.services.ingesting.reading import PHONE, Identity, Problem, Row
from apps.campaigns.models import Campaign
from apps.groups.models import Group
from apps.members.selectors.teams import ONLY_TEAM

#: Of a member: number, tier and source of this moment, as the trigger would stamp them row by row.
_STAMP = "m.id, m.tier_id, m.source"
_SEEN = """
 (%(team)s::bigint IS NULL OR EXISTS (
   SELECT 1 FROM members_memberteam s WHERE s.member_id = m.id AND s.team_id = %(team)s))"""
_BY_ID = f"SELECT {_STAMP} FROM members_member m WHERE m.id = ANY(%(ids)s::bigint[]) AND {_SEEN}"
_BY_PHONE = f"SELECT {_STAMP}, m.phone FROM members_member m WHERE m.phone = ANY(%(values)s) AND {_SEEN}"
_BY_IDENTITY = f"""
SELECT {_STAMP}, i.kind, i.value FROM unnest(%(kinds)s::text[], %(values)s::text[]) AS w(kind, value)
JOIN members_identity i ON i.kind = w.kind AND i.value = w.value JOIN members_member m ON m.id = i.member_id
WHERE {_SEEN}"""
_TEAMS = f"SELECT w.id, {ONLY_TEAM.format(member='w.id')} FROM unnest(%(ids)s::bigint[]) AS w(id)"

type Stamp = tuple[int, int | None, str]
_NOBODY = (None, None, None)


def look_up(rows: Iterable[Row], *, team_id: int | None) -> tuple[list[Row], list[Problem]]:
    """Rows with their groups' teams and their members' numbers, tiers and sources; and those that name something
    unknown, or another team's: both read the same, so that nobody learns what others have."""
    rows = list(rows)
    groups = _groups({row.group_id for row in rows if row.group_id is not None}, team_id)
    members = _members({row.member for row in rows if row.member is not None}, team_id)
    campaigns = _campaigns({row.campaign_id for row in rows if row.campaign_id is not None}, team_id)
    found: list[Row] = []
    problems: list[Problem] = []
    for row in rows:
        group_id = row.group_id
        stamp = _NOBODY if row.member is None else members.get(row.member)
        if group_id is not None and group_id not in groups:
            problems.append(_unknown(row, "group"))
        elif stamp is None:
            problems.append(_unknown(row, "member"))
        elif row.campaign_id is not None and row.campaign_id not in campaigns:
            problems.append(_unknown(row, "data.campaign"))
        else:
            row.team_id = team_id if group_id is None else groups[group_id]
            row.member_id, row.tier_id, row.source = stamp
            found.append(row)
    _add_only_teams([row for row in found if row.team_id is None and row.member_id is not None])
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


def _members(wanted: set[int | Identity], team_id: int | None) -> dict[int | Identity, Stamp]:
    """The members whom the team may see, by what they were named."""
    ids = [name for name in wanted if isinstance(name, int)]
    phones = [name[1] for name in wanted if isinstance(name, tuple) and name[0] == PHONE]
    others = [name for name in wanted if isinstance(name, tuple) and name[0] != PHONE]
    found: dict[int | Identity, Stamp] = {}
    with connection.cursor() as cursor:
        if ids:
            cursor.execute(_BY_ID, {"ids": _array(ids), "team": team_id})
            found |= {stamp[0]: stamp for stamp in cursor.fetchall()}
        if phones:
            cursor.execute(_BY_PHONE, {"values": phones, "team": team_id})
            found |= {(PHONE, phone): stamp for *stamp, phone in cursor.fetchall()}
        if others:
            kinds, values = (list(column) for column in zip(*others, strict=True))
            cursor.execute(_BY_IDENTITY, {"kinds": kinds, "values": values, "team": team_id})
            found |= {(kind, value): stamp for *stamp, kind, value in cursor.fetchall()}
    return found


def _add_only_teams(rows: list[Row]) -> None:
    """Facts that no group and no source gives a team are their member's only team's, if there is one."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(_TEAMS, {"ids": _array({row.member_id for row in rows})})
        teams = dict(cursor.fetchall())
    for row in rows:
        row.team_id = teams[row.member_id]


def _array(ids: Iterable[int | None]) -> str:
    """Numbers as an array in text: a list would be dumped item by item."""
    return f"{{{','.join(map(str, ids))}}}"
