"""The witness: what arrived, in which order, and what was answered."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import Any

from chat_simulator.robots import Robot

RING = 500
MAX_LOGGED = 200_000
MAX_LOGGED_BYTES = 64 * 1024 * 1024
MAX_IMAGE_BYTES = 64 * 1024 * 1024


class Message:
    """One request to a robot, accepted or not. ``id`` rises by one with every arrival.

    ``received_at`` is epoch seconds; ``digest`` the SHA-256 of the raw body; ``code`` 0 or the platform's
    code; ``fault`` the name of an injected fault; ``robot`` None for a key that nobody has.
    """

    __slots__ = (
        "accepted",
        "chat",
        "code",
        "digest",
        "extra",
        "fault",
        "http",
        "id",
        "image",
        "key",
        "kind",
        "platform",
        "reason",
        "received_at",
        "robot",
        "size",
        "text",
    )

    def __init__(self, platform: str, key: str, robot: Robot | None, received_at: float) -> None:
        self.id = 0
        self.platform = platform
        self.key = key
        self.robot = robot
        self.received_at = received_at
        self.kind = ""
        self.text = ""
        self.chat = ""
        self.digest = ""
        self.size = 0
        self.accepted = False
        self.code = 0
        self.http = 200
        self.reason = ""
        self.fault = ""
        self.extra: dict[str, Any] | None = None
        self.image: tuple[bytes, str] | None = None

    def as_dict(self) -> dict[str, Any]:
        """The message as the control API tells it (with the robot's key)."""
        robot = self.robot
        return {
            "id": self.id,
            "platform": self.platform,
            "key": self.key,
            "robot_id": robot.id if robot else None,
            "robot": robot.name if robot else "",
            "groups": robot.groups if robot else [],
            "received_at": self.received_at,
            "kind": self.kind,
            "text": self.text,
            "chat": self.chat,
            "digest": self.digest,
            "accepted": self.accepted,
            "verdict": {"code": self.code, "reason": self.reason, "http": self.http},
            "fault": self.fault,
            "extra": self.extra or {},
        }


class Witness:
    """All messages in one log, the newest of each robot in a ring, images under one cap of bytes."""

    def __init__(self) -> None:
        self._last_id = 0
        self._log: deque[Message] = deque()
        self._log_bytes = 0
        self._rings: dict[int, deque[Message]] = {}
        self._images: OrderedDict[int, tuple[bytes, str]] = OrderedDict()
        self._image_bytes = 0
        self.unknown_requests = 0

    def add(self, message: Message) -> None:
        """Number the message and keep it; the oldest make room."""
        self._last_id += 1
        message.id = self._last_id
        if message.image is not None:
            self._keep_image(message.id, message.image)
            message.image = None
        self._log.append(message)
        self._log_bytes += message.size
        if len(self._log) > MAX_LOGGED or self._log_bytes > MAX_LOGGED_BYTES:
            self._drop_oldest()
        if message.robot is None:
            self.unknown_requests += 1
            return
        ring = self._rings.get(message.robot.id)
        if ring is None:
            ring = self._rings[message.robot.id] = deque(maxlen=RING)
        ring.append(message)

    def _keep_image(self, message_id: int, image: tuple[bytes, str]) -> None:
        self._images[message_id] = image
        self._image_bytes += len(image[0])
        while self._image_bytes > MAX_IMAGE_BYTES:
            _, (dropped, _) = self._images.popitem(last=False)
            self._image_bytes -= len(dropped)

    def _drop_oldest(self) -> None:
        dropped = self._log.popleft()
        self._log_bytes -= dropped.size
        ring = self._rings.get(dropped.robot.id) if dropped.robot else None
        if ring and ring[0] is dropped:
            ring.popleft()

    def image(self, message_id: int) -> tuple[bytes, str] | None:
        return self._images.get(message_id)

    def ring(self, robot_id: int) -> deque[Message]:
        """The newest messages of a robot, oldest first."""
        return self._rings.get(robot_id) or deque()

    def used(self, robot_id: int, now: float) -> int:
        """How many messages the robot got through in the last minute."""
        used = 0
        for message in reversed(self.ring(robot_id)):
            if message.received_at <= now - 60.0:
                break
            used += message.accepted
        return used

    def newest_first(self, since: int = 0) -> Iterator[Message]:
        """Messages with an id above ``since``, the newest first."""
        for message in reversed(self._log):
            if message.id <= since:
                return
            yield message

    def find(
        self, *, key: str = "", platform: str = "", since: int = 0, text: str = "", digest: str = ""
    ) -> list[Message]:
        """Messages in order of arrival that fit every filter given. ``text`` is a substring."""
        found = [
            m
            for m in self.newest_first(since)
            if (not key or m.key == key)
            and (not platform or m.platform == platform)
            and (not text or text in m.text)
            and (not digest or m.digest == digest)
        ]
        found.reverse()
        return found

    def clear(self) -> None:
        """Forget everything; ids go on rising, so an old ``since`` stays right."""
        self._log.clear()
        self._log_bytes = 0
        self._rings.clear()
        self._images.clear()
        self._image_bytes = 0
        self.unknown_requests = 0
