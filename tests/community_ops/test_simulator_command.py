"""``manage.py chat_simulator`` knows the robots of this database by name, also those made later."""

import socket
import subprocess
import sys
import time
from urllib.request import urlopen

import pytest

from apps.channels.models import Channel
from apps.groups.enums import GroupKind
from apps.groups.models import Group
from tests.channels.conftest import child_environment
from tests.chat_simulator_fixture import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]


def _names(url: str) -> str:
    with urlopen(f"{url}/_control/robots") as answer:
        return answer.read().decode()


def test_robots_are_known_by_the_names_of_their_channels(tmp_path):
    channel = Channel.objects.create(name="福利一群", driver="wecom_robot", secret="robot-00000001")
    Group.objects.create(name="宝妈群", kind=GroupKind.VIP, channel=channel)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    command = [
        sys.executable,
        "manage.py",
        "chat_simulator",
        "--port",
        port,
        "--journal",
        tmp_path / "journal",
    ]
    with subprocess.Popen(
        command, cwd=ROOT, env=child_environment("http://127.0.0.1:1"), stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            url = process.stdout.readline().split()[1]
            deadline = time.monotonic() + 10
            while "福利一群" not in _names(url) and time.monotonic() < deadline:
                time.sleep(0.1)
            assert "福利一群" in _names(url)
            assert "宝妈群" in _names(url)
        finally:
            process.terminate()
