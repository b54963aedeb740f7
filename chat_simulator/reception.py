"""From a robot's request to its verdict: find the robot, read, apply faults and limits, record."""

from __future__ import annotations

import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from chat_simulator.connection import Connection
from chat_simulator.events import Feed
from chat_simulator.faults import Fault, Faults
from chat_simulator.http import Request, json_response
from chat_simulator.journal import Journal, revive
from chat_simulator.messages import Message, Witness
from chat_simulator.platform_registry import PLATFORMS
from chat_simulator.platforms import Content, Platform, RefusalError
from chat_simulator.robots import RegistrationError, Registry, Robot
from chat_simulator.views import describe


class Reception:
    """The state of one simulator and the way every robot request takes through it.

    ``clock`` gives epoch seconds; ``clock_offset`` is added to it, so that tests can let minutes pass.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        auto_register: bool = False,
        limited: bool = True,
        journal: Path | None = None,
    ) -> None:
        self._clock = clock
        self.clock_offset = 0.0
        self.auto_register = auto_register
        limits = {name: (platform.windows, platform.penalty) for name, platform in PLATFORMS.items()}
        self.robots = Registry(limits, limited=limited)
        self.faults = Faults()
        self.witness = Witness()
        self.feed = Feed(lambda messages: describe(self.witness, messages, self.now()))
        self.journal = Journal(journal) if journal else None
        if self.journal is not None:
            self._reload(self.journal)

    def now(self) -> float:
        """Epoch seconds by the simulator's clock."""
        return self._clock() + self.clock_offset

    def receive(self, platform: Platform, request: Request, connection: Connection) -> bytes | None:
        """Answer one request; None when the connection was taken over by a fault."""
        key = platform.key_of(request)
        if key is None:
            return json_response({"error": "no such address"}, 404)
        now = self.now()
        robot = self.robots.find(platform.name, key)
        if robot is None and self.auto_register and platform.well_formed.fullmatch(key):
            robot = self._welcome(platform, key)
        message = Message(platform.name, key[:300], robot, now)
        message.digest = sha256(request.body).hexdigest()
        message.size = len(request.body)
        content: Content | None = None
        error: RefusalError | None = None
        try:
            content = self._read(platform, robot, request, now)
            message.kind, message.text, message.chat = content.kind, content.text, content.chat
            message.extra = content.extra or None
            if content.image is not None:
                message.size = 0
        except RefusalError as refusal:
            error = refusal
        fault = self.faults.match(platform.name, key, message.text)
        if fault is None:
            return self._settle(platform, request, message, content, error)
        return self._go_wrong(fault, platform, request, connection, message, content, error)

    def _welcome(self, platform: Platform, key: str) -> Robot | None:
        robot = self.robots.auto_register(platform.name, key)
        if robot is not None:
            if self.journal is not None:
                self.journal.robot(robot)
            self.feed.resync()
        return robot

    @staticmethod
    def _read(platform: Platform, robot: Robot | None, request: Request, now: float) -> Content:
        if robot is None or robot.state == "removed":
            raise platform.unknown()
        if robot.state == "disabled":
            raise platform.disabled()
        return platform.read(robot, request, now)

    def _settle(
        self,
        platform: Platform,
        request: Request,
        message: Message,
        content: Content | None,
        error: RefusalError | None,
        fault: Fault | None = None,
    ) -> bytes:
        """Take a place in the quota, record the verdict (and the fault that hides it), word it."""
        if content is not None and message.robot is not None:
            wait = platform.take(message.robot, content, message.received_at)
            if not wait:
                message.accepted = True
                message.fault = fault.name if fault else ""
                self._record(message, content.image)
                return platform.success(content, message.id, message.received_at)
            error = platform.too_fast(wait)
        assert error is not None
        message.code, message.reason, message.http = error.code, error.reason, error.http
        self._record(message, None)
        return platform.refusal(error, request, message.received_at)

    def _go_wrong(
        self,
        fault: Fault,
        platform: Platform,
        request: Request,
        connection: Connection,
        message: Message,
        content: Content | None,
        error: RefusalError | None,
    ) -> bytes | None:
        answer = json_response({"error": "fault"})
        if fault.takes_message:
            answer = self._settle(platform, request, message, content, error, fault)
            if not message.accepted:
                return answer  # refused for its own reasons: the fault waits for the next message
        else:
            message.fault = fault.name
            if fault.kind == "refuse":
                refusal = self.faults.refusal(fault, platform)
                message.code, message.reason, message.http = refusal.code, refusal.reason, refusal.http
            elif fault.kind == "http_status":
                message.code = message.http = fault.code
            self._record(message, None)
        if fault.is_silent and message.robot is not None:
            message.robot.unanswered += 1
        self.faults.spend(fault)
        return self.faults.act(fault, answer, platform, request, connection, message.received_at)

    def _record(self, message: Message, image: tuple[bytes, str] | None) -> None:
        robot = message.robot
        if robot is not None:
            robot.requests += 1
            if message.accepted:
                robot.accepted += 1
            else:
                robot.refused += 1
        message.image = image
        self.witness.add(message)
        if self.journal is not None:
            self.journal.message(message, image)
        self.feed.publish(message)

    def reset(self, *, keep_robots: bool = False) -> None:
        """Forget messages, counts, faults and quotas, and the robots too unless told otherwise."""
        self.witness.clear()
        self.faults.clear()
        self.clock_offset = 0.0
        if keep_robots:
            self.robots.forget_use()
        else:
            self.robots.clear()
        if self.journal is not None:
            self.journal.clear()
            for robot in self.robots:
                self.journal.robot(robot)
        self.feed.resync()

    def _reload(self, journal: Journal) -> None:
        for entry in journal.entries():
            try:
                if "robot" in entry:
                    self.robots.register(entry["robot"])
                elif "message" in entry:
                    told = entry["message"]
                    robot = self.robots.find(told["platform"], told["key"])
                    if robot is not None:
                        self.witness.add(revive(told, robot))
            except (KeyError, TypeError, ValueError, RegistrationError):
                continue
        if journal.is_bulky:
            self._rewrite(journal)

    def _rewrite(self, journal: Journal) -> None:
        journal.clear()
        for robot in self.robots:
            journal.robot(robot)
        for message in self.witness.find():
            journal.message(message, self.witness.image(message.id))
