"""Robots: who may speak, in which groups, how fast."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

MAX_ROBOTS = 20_000
MAX_AUTO_ROBOTS = 2_000
STATES = ("active", "removed", "disabled")

Windows = tuple[tuple[int, float], ...]


class Limiter:
    """Sliding windows of (messages, seconds), and a penalty in seconds once one is overrun."""

    __slots__ = ("_taken", "blocked_until", "penalty", "windows")

    def __init__(self, windows: Windows, penalty: float = 0.0) -> None:
        self.windows = windows
        self.penalty = penalty
        self.blocked_until = 0.0
        self._taken: deque[float] = deque(maxlen=max((count for count, _ in windows), default=1))

    def take(self, now: float) -> float:
        """Take one place at ``now`` (epoch seconds). 0 when granted, else the seconds to wait."""
        if now < self.blocked_until:
            return self.blocked_until - now
        taken = self._taken
        for count, seconds in self.windows:
            if len(taken) >= count and taken[-count] > now - seconds:
                wait = self.penalty or taken[-count] + seconds - now
                if self.penalty:
                    self.blocked_until = now + self.penalty
                return wait
        taken.append(now)
        return 0.0

    def per_minute(self) -> int | None:
        """The limit of the one-minute window, None when there is none."""
        return next((count for count, seconds in self.windows if seconds == 60.0), None)


@dataclass(slots=True)
class Robot:
    """A robot in its groups. ``limit_per_minute``: None = the platform's own limits, 0 = no limit."""

    id: int
    platform: str
    key: str
    name: str
    groups: list[str]
    secret: str = ""
    keywords: list[str] = field(default_factory=list)
    limit_per_minute: int | None = None
    state: str = "active"
    limiter: Limiter = field(default_factory=lambda: Limiter(()))
    chat_limiters: dict[str, Limiter] = field(default_factory=dict)
    requests: int = 0
    accepted: int = 0
    refused: int = 0
    unanswered: int = 0

    def registration(self) -> dict[str, Any]:
        """What was registered, as the control API and the journal know it."""
        return {
            "id": self.id,
            "platform": self.platform,
            "key": self.key,
            "name": self.name,
            "groups": self.groups,
            "secret": self.secret,
            "keywords": self.keywords,
            "limit_per_minute": self.limit_per_minute,
            "state": self.state,
        }

    def counts(self) -> dict[str, Any]:
        return {
            "platform": self.platform,
            "key": self.key,
            "requests": self.requests,
            "accepted": self.accepted,
            "refused": self.refused,
            "unanswered": self.unanswered,
        }


class RegistrationError(ValueError):
    """A registration cannot be read; the message says which field is wrong."""


def _text(item: dict[str, Any], name: str, default: str = "") -> str:
    value = item.get(name)
    if value is None:
        return default
    if not isinstance(value, str) or len(value) > 300:
        raise RegistrationError(f"{name} must be a string of at most 300 characters")
    return _clean(value)


def _clean(value: str) -> str:
    return value.encode("utf-8", "replace").decode()


def _texts(item: dict[str, Any], name: str) -> list[str]:
    value = item.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > 500 or not all(isinstance(v, str) for v in value):
        raise RegistrationError(f"{name} must be a list of at most 500 strings")
    return [_clean(v[:300]) for v in value]


class Registry:
    """All robots, by id and by (platform, key). ``limits``: windows and penalty of each platform."""

    def __init__(self, limits: dict[str, tuple[Windows, float]], *, limited: bool = True) -> None:
        self._limits = limits
        self._limited = limited
        self._by_key: dict[tuple[str, str], Robot] = {}
        self._by_id: dict[int, Robot] = {}
        self._next_id = 1
        self._auto_count = 0

    def __iter__(self) -> Iterator[Robot]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def find(self, platform: str, key: str) -> Robot | None:
        return self._by_key.get((platform, key))

    def by_id(self, robot_id: int) -> Robot | None:
        return self._by_id.get(robot_id)

    def matching(self, *, platform: str = "", key: str = "") -> Iterable[Robot]:
        return (r for r in self if (not platform or r.platform == platform) and (not key or r.key == key))

    def register(self, item: Any) -> Robot:
        """Add or change one robot from ``{platform, key, name, groups, secret, keywords,
        limit_per_minute, state}``. A changed robot starts with a fresh quota.
        Raises RegistrationError."""
        if not isinstance(item, dict):
            raise RegistrationError("a robot must be an object")
        platform, key = _text(item, "platform"), _text(item, "key")
        if platform not in self._limits:
            raise RegistrationError(f"platform must be one of {', '.join(self._limits)}")
        if not key:
            raise RegistrationError("key must not be empty")
        limit = item.get("limit_per_minute")
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 0):
            raise RegistrationError("limit_per_minute must be a whole number, 0 for none, or null")
        state = _text(item, "state", "active")
        if state not in STATES:
            raise RegistrationError(f"state must be one of {', '.join(STATES)}")
        groups, keywords = _texts(item, "groups"), _texts(item, "keywords")
        name, secret = _text(item, "name") or "群机器人", _text(item, "secret")
        robot = self._by_key.get((platform, key))
        if robot is None:
            if len(self._by_id) >= MAX_ROBOTS:
                raise RegistrationError(f"at most {MAX_ROBOTS} robots")
            robot = Robot(self._next_id, platform, key, name, groups)
            self._next_id += 1
            self._by_key[platform, key] = robot
            self._by_id[robot.id] = robot
        robot.name, robot.groups, robot.secret, robot.keywords = name, groups, secret, keywords
        robot.limit_per_minute, robot.state = limit, state
        self._fit_limiter(robot)
        return robot

    def auto_register(self, platform: str, key: str) -> Robot | None:
        """A robot nobody announced (demo mode); None when there are too many of them."""
        if self._auto_count >= MAX_AUTO_ROBOTS or len(self._by_id) >= MAX_ROBOTS:
            return None
        self._auto_count += 1
        return self.register({"platform": platform, "key": key, "groups": [f"群聊 {key[-6:]}"]})

    def windows_of(self, robot: Robot) -> Windows:
        """The windows that bind this robot, () when its limits are off."""
        if not self._limited or robot.limit_per_minute == 0:
            return ()
        if robot.limit_per_minute is not None:
            return ((robot.limit_per_minute, 60.0),)
        return self._limits[robot.platform][0]

    def _fit_limiter(self, robot: Robot) -> None:
        robot.limiter = Limiter(self.windows_of(robot), self._limits[robot.platform][1])
        robot.chat_limiters = {}

    def forget_use(self) -> None:
        """Fresh quotas and zero counts for every robot."""
        for robot in self:
            self._fit_limiter(robot)
            robot.requests = robot.accepted = robot.refused = robot.unanswered = 0

    def clear(self) -> None:
        self._by_key.clear()
        self._by_id.clear()
        self._auto_count = 0
