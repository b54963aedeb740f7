"""Reading referral trees: a few rows of :class:`Branch` each, whatever their size."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from django.db.models import Q, QuerySet

from apps.accounts.models import User
from apps.analytics.models import Branch
from apps.analytics.selectors.scope import HOUSE, Scope
from apps.campaigns.selectors.names import public_name
from apps.core.numbers import whole
from apps.core.remembered import recall, remembered
from apps.members.models import Member

#: So many friends of one member are drawn at once; the rest come on demand.
WIDTH = 24
#: Names the state of the trees: whoever makes them anew sets it.
STAMP = "analytics.forest.stamp"
_KEPT_SECONDS = 900
_ODD = Q(star__gt=0) | Q(burst__gt=0) | Q(device_chain__gt=0) | Q(circle__gt=0)


@dataclass(frozen=True)
class Summary:
    """What all trees of a scope come to. ``members`` is everybody in them."""

    trees: int = 0
    members: int = 0
    brought: int = 0
    effective: int = 0
    inviters: int = 0
    height: int = 0
    odd: int = 0


@dataclass(frozen=True)
class Node:
    """A member in the picture with the friends that are drawn; ``more`` are not."""

    branch: Branch
    name: str
    children: list["Node"]
    more: int = 0


@dataclass(frozen=True)
class Reward:
    """What a member earned: ``level`` 1 for who was brought directly, 2 one further, 0 for all else."""

    level: int
    kind: str
    count: int
    cost: Decimal


def forest_teams(scope: Scope, team_id: int | None) -> list[int]:
    """Whose trees are shown: the house's if the scope is the house, else each team's own, cut at its borders."""
    return (
        [team_id]
        if team_id is not None and (scope.team_ids is None or team_id in scope.team_ids)
        else scope.set_teams
    )


def summary(teams: list[int]) -> Summary:
    """Figures over all trees of these teams. They change when :func:`grow` has run, and are kept until then."""
    return _kept("summary", teams, lambda: _summary(teams))


def _kept[T](name: str, teams: list[int], read: Callable[[], T]) -> T:
    key = f"analytics.forest:{recall(STAMP, 0)}:{name}:{','.join(map(str, teams))}"
    return remembered(key, _KEPT_SECONDS, read)


def _summary(teams: list[int]) -> Summary:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE NOT was_brought), count(*), count(*) FILTER (WHERE was_brought),"
            " count(*) FILTER (WHERE was_brought AND NOT has_left), count(*) FILTER (WHERE children > 0),"
            " coalesce(max(height), 0), count(*) FILTER (WHERE is_odd)"
            f" FROM ({_people(teams)}) people",
            [teams],
        )
        return Summary(*cursor.fetchone())


def _people(teams: list[int]) -> str:
    """SQL of the members in these teams' trees, each once; ``%s`` stands for the teams.

    Who is in several teams has a place in each one's trees: was brought if anybody of one of them did, is here while
    in one of them, and stands as deep as the deepest.
    """
    is_odd = "star > 0 OR burst > 0 OR device_chain > 0 OR circle > 0"
    if len(teams) == 1:
        columns = (
            f"inviter_id IS NOT NULL AS was_brought, has_left, children, height, depth, {is_odd} AS is_odd"
        )
        return f"SELECT {columns} FROM analytics_branch WHERE team_id = ANY(%s)"
    return (
        "SELECT bool_or(inviter_id IS NOT NULL) AS was_brought, bool_and(has_left) AS has_left,"
        f" max(children) AS children, max(height) AS height, max(depth) AS depth, bool_or({is_odd}) AS is_odd"
        " FROM analytics_branch WHERE team_id = ANY(%s) GROUP BY member_id"
    )


def trees(teams: list[int], limit: int = 20) -> list[Branch]:
    """The largest trees by everybody in them."""
    found = Branch.objects.filter(team_id__in=teams, inviter_id__isnull=True, children__gt=0)
    return _once(found.order_by("-size", "member_id"), teams, limit)


def spreaders(teams: list[int], limit: int = 20) -> list[Branch]:
    """Who brought the most people who are still here, directly."""
    found = Branch.objects.filter(team_id__in=teams, children__gte=1)
    return _once(found.order_by("-effective_children", "member_id"), teams, limit)


def odd_shapes(teams: list[int], limit: int = 50) -> list[Branch]:
    """Branches that somebody should look at, the largest first."""
    return _once(Branch.objects.filter(_ODD, team_id__in=teams).order_by("-size", "member_id"), teams, limit)


def _once(found: QuerySet[Branch], teams: list[int], limit: int) -> list[Branch]:
    """The first ``limit`` members, each with the first of their places."""
    first: dict[int, Branch] = {}
    for branch in found[: limit * len(teams)]:  # a member has at most one in each team
        first.setdefault(branch.member_id, branch)
    return list(first.values())[:limit]


def generations(teams: list[int], root: Branch | None = None) -> list[tuple[int, int, int]]:
    """(generation below the roots, people, of them still here), over all trees or in one."""
    if root is not None:
        return _kept(f"tree:{root.root_id}", [root.team_id], lambda: _generations(teams, root))
    return _kept("generations", teams, lambda: _generations(teams, None))


def _generations(teams: list[int], root: Branch | None) -> list[tuple[int, int, int]]:
    people, values = _people(teams), [teams]
    if root is not None:
        people, values = f"{_people([root.team_id])} AND root_id = %s", [[root.team_id], root.root_id]  # type: ignore[list-item]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT depth, count(*), count(*) FILTER (WHERE NOT has_left) FROM ({people}) people"
            " WHERE depth > 0 GROUP BY 1 ORDER BY 1",
            values,
        )
        return list(cursor.fetchall())


def branch_of(teams: list[int], member_id: int) -> Branch | None:
    """A member's place, in the first of these teams that has one; None for who is in no tree."""
    return Branch.objects.filter(team_id__in=teams, member_id=member_id).order_by("team_id").first()


def search(user: User, teams: list[int], text: str, limit: int = 12) -> list[Branch]:
    """Members that ``user`` may see by number, nickname or the last four digits of the phone, the largest first."""
    text = text.strip()[:40]
    if not text:
        return []
    wanted = Q(nickname__icontains=text)
    if (number := whole(text)) is not None:
        wanted |= Q(pk=number)
        if len(text) == 4:
            wanted |= Q(phone__endswith=text)
    members = Member.objects.visible_to(user).filter(wanted).order_by("-pk").values_list("pk", flat=True)
    found = Branch.objects.filter(team_id__in=teams, member_id__in=list(members[:500]))
    return _once(found.order_by("-size", "member_id"), teams, limit)


def tree_of(branch: Branch, *, levels: int = 3) -> Node:
    """The branch with ``levels`` generations below, ``WIDTH`` friends of each at most: one query per generation."""
    rows = {branch.member_id: branch}
    below: dict[int, list[Branch]] = {}
    layer = [branch.member_id]
    for _level in range(levels):
        layer = [pk for pk in layer if rows[pk].children]
        if not layer:
            break
        kids = _children(branch.team_id, layer, 0)
        for kid in kids:
            below.setdefault(kid.inviter_id or 0, []).append(kid)
            rows[kid.member_id] = kid
        layer = [kid.member_id for kid in kids][:400]
    names = names_of(rows)
    return _node(branch, below, names)


def children_of(branch: Branch, *, offset: int) -> tuple[list[Node], int]:
    """The next ``WIDTH`` friends, and how many are left after them."""
    kids = _children(branch.team_id, [branch.member_id], offset)
    names = names_of(kid.member_id for kid in kids)
    nodes = [Node(kid, names[kid.member_id], [], kid.children) for kid in kids]
    return nodes, max(0, branch.children - offset - len(kids))


def _children(team_id: int, inviters: list[int], offset: int) -> list[Branch]:
    """The largest branches below each inviter, by the index on (team, inviter, size)."""
    names = [field.attname for field in Branch._meta.concrete_fields]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(f'b.{name}' for name in names)} FROM unnest(%s::bigint[]) AS i(id)"
            " CROSS JOIN LATERAL (SELECT * FROM analytics_branch WHERE team_id = %s AND inviter_id = i.id"
            " ORDER BY size DESC, member_id OFFSET %s LIMIT %s) b",
            [inviters, team_id, offset, WIDTH],
        )
        return [Branch(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def _node(branch: Branch, below: dict[int, list[Branch]], names: dict[int, str]) -> Node:
    kids = [_node(kid, below, names) for kid in below.get(branch.member_id, [])]
    return Node(branch, names[branch.member_id], kids, branch.children - len(kids))


def names_of(member_ids: Iterable[int]) -> dict[int, str]:
    """``王** #12``: told apart by their number, never by a phone or a full name (M3)."""
    ids = list(member_ids)
    found = dict(Member.objects.filter(pk__in=ids).values_list("pk", "nickname"))
    return {pk: f"{public_name(found.get(pk, ''))} #{pk}" for pk in ids}


def rewards_of(branch: Branch) -> list[Reward]:
    """What the member earned by invitations and otherwise, from the facts of rewards of the team (or the house)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT CASE data->>'slot' WHEN 'inviter' THEN 1 WHEN 'inviter_2' THEN 2 ELSE 0 END,"
            " coalesce(data->>'kind', ''), count(*), coalesce(sum(value), 0) FROM events_event"
            " WHERE member_id = %s AND kind = 'benefit.granted' AND (%s = %s OR team_id = %s)"
            " GROUP BY 1, 2 ORDER BY 1, 2",
            [branch.member_id, branch.team_id, HOUSE, branch.team_id],
        )
        return [Reward(*row) for row in cursor.fetchall()]
