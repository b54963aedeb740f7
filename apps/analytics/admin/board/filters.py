"""What a reader asked to see, all of it in the address, so that a page can be kept as a bookmark."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import Team, User
from apps.analytics.admin.board.presets import CUSTOM, DEFAULT, PRESETS, previous_of
from apps.analytics.enums import Dimension
from apps.analytics.selectors.periods import EARLIEST, LATEST, Period, day_of
from apps.analytics.selectors.scope import Scope, scope_of
from apps.campaigns.models import Campaign, Run
from apps.core.clock import database_now
from apps.core.numbers import whole
from apps.groups.models import Group

#: Nobody reads a longer range by the day, and a mistyped century must not read all rollups.
MAX_DAYS = 3 * 366
#: Names in the address. Others are left to the page (``Filters.more``).
_KNOWN = frozenset({"preset", "from", "to", "team", "group", "campaign", "run", "dim", "key"})
#: Names of the shell that are not part of what is shown.
_CONTROL = frozenset({"export", "format", "fragment"})
_MAX_TEXT = 200


@dataclass(frozen=True)
class Filters:
    """What a page shows. ``scope`` is already narrowed to ``team_id``; ``now`` is the database's; no day of ``period``
    is still to come.

    ``more`` holds the page's own parameters as text. ``problems`` says what of the address could not be used and what
    is shown instead. ``is_shared``: the reader came by a link without signing in (no drill-down, no names).
    """

    user: User
    scope: Scope
    period: Period
    previous: Period
    now: datetime
    preset: str = DEFAULT
    team_id: int | None = None
    group_id: int | None = None
    campaign_id: int | None = None
    run_id: int | None = None
    dim: Dimension = Dimension.TOTAL
    key: str = ""
    more: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    is_shared: bool = False

    @classmethod
    def from_request(
        cls, request: HttpRequest, *, default: str = DEFAULT, choices: Collection[str] | None = None
    ) -> "Filters":
        """Read the address of a signed-in user's request. Never raises: see ``problems``."""
        user = cast(User, request.user)
        return cls.from_query(request.GET.dict(), user=user, default=default, choices=choices)

    @classmethod
    def from_query(
        cls,
        query: Mapping[str, Any],
        *,
        user: User,
        now: datetime | None = None,
        default: str = DEFAULT,
        within: Scope | None = None,
        choices: Collection[str] | None = None,
    ) -> "Filters":
        """Read ``query`` (text by name) with the rights of ``user``. Never raises: see ``problems``.

        ``within`` is the scope of a shared link: it stands for the user's, and marks the page as shared. ``choices``
        are the things that the page can be narrowed to besides a team (None: any): one that it does not follow must
        stand neither in its label nor in the rows behind its figures.
        """
        now = now or database_now()
        texts = {name: str(value)[:_MAX_TEXT].replace("\0", "") for name, value in query.items()}
        problems: list[str] = []
        names: list[str] = []
        preset, period = _period(texts, day_of(now), default, problems)
        scope = scope_of(user) if within is None else within
        chosen: dict[str, int | None] = {}
        for name, (noun, rows, _team_of) in _THINGS.items():
            if name != "team" and choices is not None and name not in choices:
                chosen[name] = None
                continue
            chosen[name] = _one(texts, name, rows(user, scope), str(noun), problems, names)
        dim = texts.get("dim", "")
        if dim not in Dimension.values:
            problems.append(_("没有这样的维度，已显示合计。"))
            dim = ""
        return cls(
            user=user,
            scope=scope.narrowed(chosen["team"]),
            period=period,
            previous=previous_of(preset, period),
            now=now,
            preset=preset,
            team_id=chosen["team"],
            group_id=chosen["group"],
            campaign_id=chosen["campaign"],
            run_id=chosen["run"],
            dim=Dimension(dim),
            key=texts.get("key", "")[:60],
            more={name: text for name, text in texts.items() if name not in _KNOWN | _CONTROL},
            problems=tuple(problems),
            names=tuple(names),
            is_shared=within is not None,
        )

    @property
    def is_today(self) -> bool:
        """The range is today alone: not over yet, so not to be measured against a whole day."""
        return self.period.days == 1 and self.period.last == day_of(self.now)

    @property
    def slice(self) -> tuple[Dimension, str]:
        """The narrowest choice as dimension and key for ``readings``: run, campaign, group, or the total."""
        if self.run_id is not None:
            return Dimension.RUN, str(self.run_id)
        if self.campaign_id is not None:
            return Dimension.CAMPAIGN, str(self.campaign_id)
        if self.group_id is not None:
            return Dimension.GROUP, str(self.group_id)
        return Dimension.TOTAL, ""

    def parameters(self) -> dict[str, str]:
        """The address's parameters; what is at its default is left out, a range by name stays a name."""
        found: dict[str, str] = {"preset": self.preset}
        if self.preset == CUSTOM:
            found |= {"from": self.period.first.isoformat(), "to": self.period.last.isoformat()}
        for name, value in (
            ("team", self.team_id),
            ("group", self.group_id),
            ("campaign", self.campaign_id),
            ("run", self.run_id),
        ):
            if value is not None:
                found[name] = str(value)
        if self.dim:
            found |= {"dim": self.dim.value, "key": self.key}
        return found | dict(self.more)

    def query(self, **changes: object) -> str:
        """The query string with ``changes`` (None leaves a name out), without the question mark."""
        found: dict[str, object] = {**self.parameters(), **changes}
        return urlencode({name: value for name, value in found.items() if value is not None})

    def label(self) -> str:
        """The choice in words: 近 7 天（2026-03-01 至 2026-03-07）· 华东组."""
        return _label(self.preset, self.period, self.names)


def labels(
    choices: Sequence[tuple[Mapping[str, Any], Scope]], *, now: datetime, defaults: Sequence[str]
) -> list[str]:
    """What :meth:`Filters.label` says of each of several queries with their scopes; four queries, however many.

    ``defaults`` are the presets of their pages. What lies outside of a query's scope has no name.
    """
    today, wanted = day_of(now), _wanted(choices)
    known = {
        name: {row.pk: row for row in rows(None, Scope(None)).filter(pk__in=wanted[name])}
        if wanted[name]
        else {}
        for name, (_noun, rows, _team_of) in _THINGS.items()
    }
    found = []
    for (query, scope), default in zip(choices, defaults, strict=True):
        texts = {name: str(value) for name, value in query.items()}
        names = []
        for name, (_noun, _rows, team_of) in _THINGS.items():
            row = known[name].get(_id_of(texts, name))
            if row is not None and (scope.team_ids is None or team_of(row) in scope.team_ids):
                names.append(str(row))
        found.append(_label(*_period(texts, today, default, []), names))
    return found


def _wanted(choices: Sequence[tuple[Mapping[str, Any], Scope]]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {name: set() for name in _THINGS}
    for query, _scope in choices:
        for name, numbers in found.items():
            if (number := _id_of(query, name)) is not None:
                numbers.add(number)
    return found


def _label(preset: str, period: Period, names: Iterable[str]) -> str:
    days = str(period.first)
    if period.last != period.first:
        days = _("%(first)s 至 %(last)s") % {"first": period.first, "last": period.last}
    if preset in PRESETS:
        days = _("%(name)s（%(days)s）") % {"name": PRESETS[preset][0], "days": days}
    return " · ".join([days, *names])


def _of_teams(model: Any, path: str) -> Callable[[User | None, Scope], Any]:
    """The rows of ``model`` that ``user`` may see (anybody for None), and that belong to the teams of a scope: a
    shared page names nothing that its sharer has come to see since."""

    def rows(user: User | None, scope: Scope) -> Any:
        found = model.objects.all() if user is None else model.objects.visible_to(user)
        return found if scope.team_ids is None else found.filter(**{f"{path}__in": scope.team_ids})

    return rows


def _runs(user: User | None, scope: Scope) -> Any:
    return _of_teams(Run, "campaign__team")(user, scope).select_related("campaign")


#: name in the address → what it is called, its rows, and the team of one of them.
_THINGS: dict[str, tuple[Any, Callable[[User | None, Scope], Any], Callable[[Any], int | None]]] = {
    "team": (gettext_lazy("团队"), _of_teams(Team, "pk"), lambda row: row.pk),
    "group": (gettext_lazy("社群"), _of_teams(Group, "team"), lambda row: row.team_id),
    "campaign": (gettext_lazy("活动"), _of_teams(Campaign, "team"), lambda row: row.team_id),
    "run": (gettext_lazy("活动期"), _runs, lambda row: row.campaign.team_id),
}


def _id_of(texts: Mapping[str, Any], name: str) -> int | None:
    return whole(str(texts.get(name, "")).strip())


def _one(
    texts: Mapping[str, str], name: str, rows: Any, noun: str, problems: list[str], names: list[str]
) -> int | None:
    """The id named in the address if the user may see that row, else None and a problem."""
    if not texts.get(name, "").strip():
        return None
    number = _id_of(texts, name)
    found = None if number is None else rows.filter(pk=number).first()
    if found is None:
        problems.append(_("没有找到这个%s，或者不归你看，已不按它筛选。") % noun)
        return None
    names.append(str(found))
    return int(found.pk)


def _period(texts: Mapping[str, str], today: date, default: str, problems: list[str]) -> tuple[str, Period]:
    preset = texts.get("preset") or (CUSTOM if texts.get("from") or texts.get("to") else default)
    if preset in PRESETS:
        return preset, PRESETS[preset][1](today)
    fallback = default, PRESETS[default][1](today)
    if preset != CUSTOM:
        problems.append(_("没有这样的时间范围，已换成%s。") % PRESETS[default][0])
        return fallback
    try:
        first, last = date.fromisoformat(texts.get("from", "")), date.fromisoformat(texts.get("to", ""))
    except ValueError:
        problems.append(_("日期要写成 2026-03-01 这样，已换成%s。") % PRESETS[default][0])
        return fallback
    if first > last:
        first, last = last, first
        problems.append(_("开始日期在结束日期之后，已对调。"))
    if not (first >= EARLIEST and last <= LATEST):
        problems.append(_("日期太远了，已换成%s。") % PRESETS[default][0])
        return fallback
    if first > today:
        problems.append(_("这段日子还没到，已换成%s。") % PRESETS[default][0])
        return fallback
    if last > today:
        # Days to come have no facts yet and would only thin out every average.
        last = today
        problems.append(_("结束日期还没到，已看到今天为止。"))
    if (last - first).days >= MAX_DAYS:
        first = date.fromordinal(last.toordinal() - MAX_DAYS + 1)
        problems.append(_("一次最多看三年，已从 %s 开始。") % first)
    return CUSTOM, Period(first, last)
