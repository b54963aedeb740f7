"""What is wrong with a post, said before it goes anywhere."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from apps.content_calendar.enums import Level
from apps.core.errors import Invalid
from apps.core.sentences import listed
from apps.groups.models import Group

_MISSING = frozenset({"no_time", "no_groups", "empty_body", "no_image", "no_link_title", "no_link_url"})


@dataclass(frozen=True)
class Problem:
    """``code`` is stable; ``field`` is the form field to look at; ``message`` and ``hint`` are for people."""

    level: Level
    code: str
    message: str
    hint: str = ""
    field: str = ""

    @property
    def is_missing(self) -> bool:
        """Something not filled in yet, as against something wrong: no reproach while one is still writing."""
        return self.code in _MISSING


def error(code: str, message: str, *, hint: str = "", field: str = "") -> Problem:
    return Problem(Level.ERROR, code, message, hint, field)


def warning(code: str, message: str, *, hint: str = "", field: str = "") -> Problem:
    return Problem(Level.WARNING, code, message, hint, field)


def names_of(groups: list[Group], limit: int = 3) -> str:
    """The first few names, and how many there are."""
    names = listed(group.name for group in groups[:limit])
    if len(groups) > limit:
        return _("%(names)s 等 %(count)s 个群") % {"names": names, "count": len(groups)}
    return names


@dataclass(frozen=True)
class Problems:
    """Errors block submitting; warnings need a tick. ``token`` names exactly these warnings, so that a tick
    given to some of them is not taken for others that turned up later."""

    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    group_count: int = 0
    checked_at: datetime | None = None

    @classmethod
    def of(cls, found: Sequence[Problem], *, group_count: int, checked_at: datetime) -> "Problems":
        unique = list(dict.fromkeys(found))
        return cls(
            errors=[p for p in unique if p.level == Level.ERROR],
            warnings=[p for p in unique if p.level == Level.WARNING],
            group_count=group_count,
            checked_at=checked_at,
        )

    @property
    def wrong(self) -> list[Problem]:
        """Errors other than what is merely missing."""
        return [p for p in self.errors if not p.is_missing]

    @property
    def missing(self) -> list[Problem]:
        """What has still to be filled in."""
        return [p for p in self.errors if p.is_missing]

    @property
    def token(self) -> str:
        if not self.warnings:
            return ""
        text = "\n".join(sorted(f"{p.code}:{p.message}" for p in self.warnings))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def __iter__(self) -> Iterator[Problem]:
        return iter([*self.errors, *self.warnings])


class HasProblems(Invalid):
    """The post cannot be submitted as it is; ``problems`` says all of why."""

    code = "has_problems"

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        if problems.errors:
            first = problems.errors[0]
            more = len(problems.errors) - 1
            hint = first.hint + (_("另有 %(count)s 处要改。") % {"count": more} if more else "")
            super().__init__(first.message, hint=hint, field=first.field or None)
        else:
            super().__init__(
                _("有 %(count)s 处需要你确认。") % {"count": len(problems.warnings)},
                hint=_("看过提醒后勾选“我已看过提醒”，再提交。"),
                code="unconfirmed_warnings",
            )
