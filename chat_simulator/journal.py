"""An append-only file of robots and messages, so that a demo keeps its bubbles over a restart."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chat_simulator.messages import Message
from chat_simulator.robots import Robot

MAX_BYTES = 256 * 1024 * 1024


class Journal:
    """One JSON object a line. Written without a buffer: a killed process loses nothing it answered.

    The file is readable by its owner only, since it holds robot keys.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._open()

    def _open(self) -> int:
        file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        end = os.lseek(file, 0, os.SEEK_END)
        if end and os.pread(file, 1, end - 1) != b"\n":
            os.write(file, b"\n")
        return file

    @property
    def is_bulky(self) -> bool:
        """Whether the file has grown enough to be written anew with what is still in memory."""
        return os.lseek(self._file, 0, os.SEEK_END) > MAX_BYTES // 4

    def entries(self) -> Iterator[dict[str, Any]]:
        """What was written, oldest first; a line torn by a crash is passed over."""
        with self.path.open("rb") as lines:
            for line in lines:
                try:
                    entry = json.loads(line)
                except ValueError:
                    continue
                if isinstance(entry, dict):
                    yield entry

    def robot(self, robot: Robot) -> None:
        self._write({"robot": robot.registration()})

    def message(self, message: Message, image: tuple[bytes, str] | None) -> None:
        """Keep a message; over ``MAX_BYTES`` the file takes no more."""
        entry = message.as_dict()
        if image is not None:
            entry["image"] = [base64.b64encode(image[0]).decode(), image[1]]
        self._write({"message": entry})

    def _write(self, entry: dict[str, Any]) -> None:
        if os.lseek(self._file, 0, os.SEEK_END) < MAX_BYTES:
            line = json.dumps(entry, separators=(",", ":")).encode() + b"\n"
            os.write(self._file, line)

    def clear(self) -> None:
        os.ftruncate(self._file, 0)

    def close(self) -> None:
        os.close(self._file)


def revive(entry: dict[str, Any], robot: Robot) -> Message:
    """A message from its journal entry. Raises KeyError or TypeError when the entry is not one."""
    message = Message(robot.platform, robot.key, robot, float(entry["received_at"]))
    message.kind, message.text = str(entry["kind"]), str(entry["text"])
    message.chat, message.digest = str(entry["chat"]), str(entry["digest"])
    message.accepted, message.fault = bool(entry["accepted"]), str(entry["fault"])
    verdict = entry["verdict"]
    message.code, message.reason = int(verdict["code"]), str(verdict["reason"])
    message.http = int(verdict["http"])
    message.extra = dict(entry["extra"]) or None
    message.size = len(message.text)
    image = entry.get("image")
    if isinstance(image, list) and len(image) == 2 and image[1] in {"image/png", "image/jpeg"}:
        message.image = (base64.b64decode(image[0]), image[1])
    return message
