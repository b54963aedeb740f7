"""The control API under ``/_control/``: register robots, order faults, hear the witness.

It has no log-in: bind it to loopback. Browsers of other sites are kept out (Origin, JSON only).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chat_simulator.faults import FaultError
from chat_simulator.http import Request, json_response
from chat_simulator.messages import Message
from chat_simulator.platforms import read_object
from chat_simulator.reception import Reception
from chat_simulator.robots import RegistrationError

MAX_LISTED = 20_000


class ControlError(Exception):
    """The request cannot be done; the message says why."""


def control(reception: Reception, request: Request) -> bytes:
    """Answer one control request; 4xx with ``{"error": …}`` when it cannot be done."""
    action = _ACTIONS.get((request.method, request.path))
    if action is None:
        known = any(path == request.path for _, path in _ACTIONS)
        return json_response({"error": "method not allowed" if known else "not found"}, 405 if known else 404)
    if is_foreign(request):
        return json_response({"error": "requests from other sites are refused"}, 403)
    if request.body and not request.headers.get("content-type", "").startswith("application/json"):
        return json_response({"error": "send application/json"}, 415)
    try:
        return json_response(action(reception, request))
    except (ControlError, FaultError, RegistrationError) as error:
        return json_response({"error": str(error)}, 400)


def is_foreign(request: Request) -> bool:
    """Whether a browser sent this from a page that is not ours."""
    if request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        return True
    origin = request.headers.get("origin")
    return origin is not None and origin.partition("://")[2] != request.headers.get("host", "")


def _payload(request: Request) -> Any:
    if not request.body:
        return {}
    wrapped = read_object(b'{"value":' + request.body + b"}")
    if wrapped is None or set(wrapped) != {"value"}:
        raise ControlError("the body is not JSON")
    return wrapped["value"]


def _whole(request: Request, name: str, default: int = 0) -> int:
    value = request.params.get(name, "")
    if not value:
        return default
    if not (value.isascii() and value.isdigit() and len(value) <= 15):
        raise ControlError(f"{name} must be a whole number")
    return int(value)


def _register(reception: Reception, request: Request) -> Any:
    payload = _payload(request)
    items = payload if isinstance(payload, list) else [payload]
    robots = []
    for number, item in enumerate(items, 1):
        try:
            robot = reception.robots.register(item)
        except RegistrationError as error:
            raise ControlError(f"robot {number}: {error}") from None
        if reception.journal is not None:
            reception.journal.robot(robot)
        robots.append(robot.registration())
    reception.feed.resync()
    return {"robots": robots}


def _robots(reception: Reception, _request: Request) -> Any:
    return {"robots": [robot.registration() for robot in reception.robots]}


def _remove(reception: Reception, request: Request) -> Any:
    key, platform = request.params.get("key", ""), request.params.get("platform", "")
    if not key:
        raise ControlError("name the robot: ?key=…")
    found = list(reception.robots.matching(platform=platform, key=key))
    for robot in found:
        robot.state = "removed"
        if reception.journal is not None:
            reception.journal.robot(robot)
    reception.feed.resync()
    return {"removed": len(found)}


def _add_faults(reception: Reception, request: Request) -> Any:
    payload = _payload(request)
    items = payload if isinstance(payload, list) else [payload]
    return {"faults": [reception.faults.add(_with_robot(reception, item)).as_dict() for item in items]}


def _with_robot(reception: Reception, item: Any) -> Any:
    """The page knows robots by id, not by key."""
    if not isinstance(item, dict) or "robot_id" not in item:
        return item
    robot_id = item["robot_id"]
    robot = reception.robots.by_id(robot_id) if isinstance(robot_id, int) else None
    if robot is None:
        raise ControlError("no such robot")
    return item | {"platform": robot.platform, "key": robot.key}


def _faults(reception: Reception, _request: Request) -> Any:
    return {"faults": [fault.as_dict() for fault in reception.faults]}


def _clear_faults(reception: Reception, request: Request) -> Any:
    params = request.params
    key, platform = params.get("key", ""), params.get("platform", "")
    if robot_id := _whole(request, "robot_id"):
        robot = reception.robots.by_id(robot_id)
        if robot is None:
            raise ControlError("no such robot")
        key, platform = robot.key, robot.platform
    reception.faults.clear(fault_id=_whole(request, "id"), platform=platform, key=key)
    return _faults(reception, request)


def _found(reception: Reception, request: Request) -> list[Message]:
    params = request.params
    return reception.witness.find(
        key=params.get("key", ""),
        platform=params.get("platform", ""),
        since=_whole(request, "since"),
        text=params.get("text", ""),
        digest=params.get("digest", ""),
    )


def _messages(reception: Reception, request: Request) -> Any:
    """Every request to a robot in order of arrival, accepted or not; the oldest first, cut at ``limit``."""
    limit = min(_whole(request, "limit", MAX_LISTED), MAX_LISTED)
    found = _found(reception, request)
    return {"messages": [message.as_dict() for message in found[:limit]], "more": len(found) > limit}


def _requests(reception: Reception, request: Request) -> Any:
    """Totals and counts per robot; with a filter, ``matching`` counts the requests that fit it."""
    counts = [robot.counts() for robot in reception.robots]
    totals = {n: sum(c[n] for c in counts) for n in ("requests", "accepted", "refused", "unanswered")}
    totals["requests"] += reception.witness.unknown_requests
    totals["refused"] += reception.witness.unknown_requests
    return totals | {
        "unknown": reception.witness.unknown_requests,
        "matching": len(_found(reception, request)) if request.query else totals["requests"],
        "robots": counts,
    }


def _reset(reception: Reception, request: Request) -> Any:
    payload = _payload(request)
    keep = payload.get("keep_robots") is True if isinstance(payload, dict) else False
    reception.reset(keep_robots=keep)
    return {"ok": True}


def _advance_clock(reception: Reception, request: Request) -> Any:
    payload = _payload(request)
    seconds = payload.get("advance") if isinstance(payload, dict) else None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or abs(seconds) > 10**9:
        raise ControlError("advance must be a number of seconds")
    reception.clock_offset += seconds
    return {"now": reception.now()}


def _health(reception: Reception, _request: Request) -> Any:
    return {"ok": True, "robots": len(reception.robots), "now": reception.now()}


_ACTIONS: dict[tuple[str, str], Callable[[Reception, Request], Any]] = {
    ("GET", "/_control/health"): _health,
    ("GET", "/_control/robots"): _robots,
    ("POST", "/_control/robots"): _register,
    ("DELETE", "/_control/robots"): _remove,
    ("GET", "/_control/faults"): _faults,
    ("POST", "/_control/faults"): _add_faults,
    ("DELETE", "/_control/faults"): _clear_faults,
    ("GET", "/_control/messages"): _messages,
    ("GET", "/_control/requests"): _requests,
    ("POST", "/_control/reset"): _reset,
    ("POST", "/_control/clock"): _advance_clock,
}
