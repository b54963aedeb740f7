"""What a reader asked to see, all of it in the address, so that a page can be kept as a bookmark."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.translation import gettext as _

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
    """What a page shows. ``scope`` is already narrowed to ``team_id``; ``now`` is the database's.

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
    def from_request(cls, request: HttpRequest, *, default: str = DEFAULT) -> "Filters":
        """Read the address of a signed-in user's request. Never raises: see ``problems``."""
        return cls.from_query(request.GET.dict(), user=cast(User, request.user), default=default)

    @classmethod
    def from_query(
        cls,
        query: Mapping[str, Any],
        *,
        user: User,
        now: datetime | None = None,
        default: str = DEFAULT,
        within: Scope | None = None,
    ) -> "Filters":
        """Read ``query`` (text by name) with the rights of ``user``. Never raises: see ``problems``.

        ``within`` is the scope of a shared link: it stands for the user's, and marks the page as shared.
        """
        now = now or database_now()
        texts = {name: str(value)[:_MAX_TEXT].replace("\0", "") for name, value in query.items()}
        problems: list[str] = []
        names: list[str] = []
        preset, period = _period(texts, day_of(now), default, problems)
        team_id = _one(texts, "team", Team.objects.visible_to(user), _("团队"), problems, names)
        if team_id is not None and not _may_read(user, team_id):
            problems.append(_("这个团队不归你看，已显示你的全部团队。"))
            team_id = None
            names.clear()
        dim = texts.get("dim", "")
        if dim not in Dimension.values:
            problems.append(_("没有这样的维度，已显示合计。"))
            dim = ""
        return cls(
            user=user,
            scope=(within or scope_of(user)).narrowed(team_id),
            period=period,
            previous=previous_of(preset, period),
            now=now,
            preset=preset,
            team_id=team_id,
            group_id=_one(texts, "group", Group.objects.visible_to(user), _("社群"), problems, names),
            campaign_id=_one(
                texts, "campaign", Campaign.objects.visible_to(user), _("活动"), problems, names
            ),
            run_id=_one(texts, "run", Run.objects.visible_to(user), _("活动期"), problems, names),
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
        days = str(self.period.first)
        if self.period.last != self.period.first:
            days = _("%(first)s 至 %(last)s") % {"first": self.period.first, "last": self.period.last}
        if self.preset in PRESETS:
            days = _("%(name)s（%(days)s）") % {"name": PRESETS[self.preset][0], "days": days}
        return " · ".join([days, *self.names])


def _may_read(user: User, team_id: int) -> bool:
    scope = scope_of(user)
    return scope.team_ids is None or team_id in scope.team_ids


def _one(
    texts: Mapping[str, str], name: str, rows: Any, noun: str, problems: list[str], names: list[str]
) -> int | None:
    """The id named in the address if the user may see that row, else None and a problem."""
    text = texts.get(name, "").strip()
    if not text:
        return None
    found = rows.filter(pk=whole(text)).first()
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
    if (last - first).days >= MAX_DAYS:
        first = date.fromordinal(last.toordinal() - MAX_DAYS + 1)
        problems.append(_("一次最多看三年，已从 %s 开始。") % first)
    return CUSTOM, Period(first, last)
