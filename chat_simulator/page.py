"""The page for people: a chat window on what the robots received, and switches for faults."""

from __future__ import annotations

from pathlib import Path

from chat_simulator.connection import Connection
from chat_simulator.http import Request, json_response, response
from chat_simulator.reception import Reception
from chat_simulator.views import MAX_SHOWN, message_view, robot_view

ASSETS = Path(__file__).parent / "assets"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' http://127.0.0.1:* http://localhost:*; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_GUARD = (
    ("Content-Security-Policy", _POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-cache"),
)


def load_assets() -> dict[str, bytes]:
    """Path → whole response. Read once: nothing a request says ever reaches the file system."""
    served = {}
    for file in sorted(ASSETS.iterdir()):
        if media_type := _TYPES.get(file.suffix):
            path = "/" if file.name == "index.html" else f"/assets/{file.name}"
            served[path] = response(200, file.read_bytes(), media_type, _GUARD)
    return served


class Page:
    """Serves the assets and the page's own JSON and event stream."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._assets = load_assets()

    def answer(self, request: Request, connection: Connection) -> bytes | None:
        """The response, or None when the connection became an event stream."""
        if request.method != "GET":
            return json_response({"error": "method not allowed"}, 405, (("Allow", "GET"),))
        asset = self._assets.get(request.path)
        if asset is not None:
            return asset
        reception = self._reception
        match request.path.split("/")[1:]:
            case ["_page", "state"]:
                return self._state()
            case ["_page", "messages"]:
                ring = list(reception.witness.ring(self._robot_id(request)))[-MAX_SHOWN:]
                return json_response({"messages": [message_view(m, reception.witness) for m in ring]})
            case ["_page", "robot"]:
                return self._robot(request)
            case ["_page", "events"]:
                if reception.feed.join(connection):
                    return None
                return json_response({"error": "too many viewers"}, 503)
            case ["_page", "image", number] if number.isascii() and number.isdigit() and len(number) < 16:
                return self._image(int(number))
        return json_response({"error": "not found"}, 404)

    @staticmethod
    def _robot_id(request: Request) -> int:
        value = request.params.get("id", "")
        return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0

    def _state(self) -> bytes:
        reception, now = self._reception, self._reception.now()
        robots = [robot_view(robot, reception.witness, now) for robot in reception.robots]
        return json_response({"robots": robots, "now": now, "auto_register": reception.auto_register})

    def _robot(self, request: Request) -> bytes:
        reception = self._reception
        robot = reception.robots.by_id(self._robot_id(request))
        if robot is None:
            return json_response({"error": "no such robot"}, 404)
        faults = [
            {"id": f.id, "kind": f.name, "code": f.code, "ms": f.ms, "times": f.times}
            for f in reception.faults
            if (not f.key or f.key == robot.key) and (not f.platform or f.platform == robot.platform)
        ]
        return json_response(robot_view(robot, reception.witness, reception.now()) | {"faults": faults})

    def _image(self, number: int) -> bytes:
        image = self._reception.witness.image(number)
        if image is None:
            return json_response({"error": "not found"}, 404)
        guard = (
            ("X-Content-Type-Options", "nosniff"),
            ("Content-Security-Policy", "default-src 'none'; sandbox"),
            ("Cache-Control", "private, max-age=3600"),
        )
        return response(200, image[0], image[1], guard)
