"""What the page is told about robots and messages: everything but the keys."""

from __future__ import annotations

from typing import Any

from chat_simulator.messages import Message, Witness
from chat_simulator.robots import Robot

MAX_SHOWN = 200


def robot_view(robot: Robot, witness: Witness, now: float) -> dict[str, Any]:
    """A line of the chat list; ``used`` of ``limit`` messages in the last minute."""
    ring = witness.ring(robot.id)
    last = ring[-1] if ring else None
    return {
        "id": robot.id,
        "platform": robot.platform,
        "name": robot.name,
        "groups": robot.groups,
        "hint": robot.key[-4:] if len(robot.key) > 8 else "",
        "state": robot.state,
        "signed": bool(robot.secret),
        "limit": robot.limiter.per_minute(),
        "used": witness.used(robot.id, now),
        "blocked_for": max(0.0, round(robot.limiter.blocked_until - now, 1)),
        "last": None if last is None else _preview(last),
    }


def _preview(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "at": message.received_at,
        "kind": message.kind,
        "text": message.text[:80],
        "accepted": message.accepted,
        "code": message.code,
        "fault": message.fault,
    }


def message_view(message: Message, witness: Witness) -> dict[str, Any]:
    """One bubble or system line."""
    has_image = message.kind == "image" and witness.image(message.id) is not None
    return {
        "id": message.id,
        "robot_id": message.robot.id if message.robot else None,
        "at": message.received_at,
        "kind": message.kind,
        "text": message.text,
        "chat": message.chat,
        "accepted": message.accepted,
        "code": message.code,
        "http": message.http,
        "reason": message.reason,
        "fault": message.fault,
        "extra": message.extra or {},
        "image": f"/_page/image/{message.id}" if has_image else "",
    }


def describe(witness: Witness, messages: list[Message], now: float) -> dict[str, Any]:
    """New messages and the list lines they change, as one live update."""
    robots = {m.robot.id: m.robot for m in messages if m.robot is not None}
    return {
        "messages": [message_view(m, witness) for m in messages if m.robot is not None],
        "robots": [robot_view(robot, witness, now) for robot in robots.values()],
    }
