"""What is said before anything starts."""

import socket

import pytest

from community_ops.servers import checks, commands, environment
from community_ops.servers.errors import ServerError


def test_busy_port_names_the_next_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServerError, match=f"PORT={port + 1} make run") as caught:
            checks.check_port("127.0.0.1", port, "PORT")
    assert f"端口 {port} 已被其他程序占用" in str(caught.value)
    checks.check_port("127.0.0.1", port, "PORT")


@pytest.mark.parametrize("given", ["eight", "0", "65536", "80.5", "８０"])
def test_nonsense_port_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("PORT", given)
    with pytest.raises(ServerError, match="no port"):
        checks.port_setting("PORT", 8000)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("", "127.0.0.1"),
        ("0.0.0.0", "0.0.0.0"),
        ("localhost", "127.0.0.1"),
        ("x86_64-conda-linux-gnu", "127.0.0.1"),
    ],
)
def test_host_that_is_no_address_is_ignored(monkeypatch: pytest.MonkeyPatch, given: str, used: str) -> None:
    monkeypatch.setenv("HOST", given)
    assert checks.host_setting() == used


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        (["migrate"], True),
        (["check"], True),
        (["migrate", "--help"], False),
        (["makemessages", "-l", "en"], False),
        (["help", "migrate"], False),
        ([], False),
    ],
)
def test_only_commands_that_use_rows_get_servers(arguments: list[str], needed: bool) -> None:
    assert commands.needs_servers(arguments) is needed


def test_dotenv_lines_count_as_given(tmp_path) -> None:
    file = tmp_path / ".env"
    file.write_text("# DATABASE_URL=old\nexport DATABASE_URL='postgres://db/app'\nPORT = 9000\n")
    assert environment.dotenv(file) == {"DATABASE_URL": "postgres://db/app", "PORT": "9000"}
