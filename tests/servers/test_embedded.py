"""Real servers from the wheels: started, shared, killed and found again."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from community_ops.servers import embedded, processes
from community_ops.servers.errors import ServerError
from community_ops.servers.postgres import Postgres
from community_ops.servers.valkey import Valkey

pytestmark = pytest.mark.processes

Another = Callable[[str], subprocess.Popen[str]]


def _postgres(var: Path) -> tuple[embedded.Embedded, Postgres]:
    server = embedded.servers(var, durable=False)["postgres"]
    assert isinstance(server.server, Postgres)
    return server, server.server


def _postmaster(var: Path) -> int:
    return int(
        (embedded.servers(var)["postgres"].place.folder / "data" / "postmaster.pid").read_text().split()[0]
    )


def _until(condition: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_postgres_starts_once_and_stops_with_its_last_user(var: Path, another_process: Another) -> None:
    server, postgres = _postgres(var)
    assert server.ensure()
    assert not server.ensure()
    other = another_process("postgres")
    assert not server.release()
    assert server.is_running()
    other.communicate("")
    assert not server.is_running()
    assert not processes.processes_in(postgres.data)


def test_chinese_is_searchable_by_trigrams(var: Path) -> None:
    server, postgres = _postgres(var)
    server.ensure()
    postgres.psql("CREATE EXTENSION pg_trgm")
    assert postgres.psql("SELECT array_length(show_trgm('社群运营'), 1)") == "5"
    assert postgres.psql("SHOW listen_addresses") == ""
    assert server.place.folder.stat().st_mode & 0o777 == 0o700


def test_killed_postmaster_is_replaced_and_committed_rows_stay(var: Path) -> None:
    server, postgres = _postgres(var)
    server.ensure()
    postgres.psql("CREATE TABLE kept AS SELECT 7 AS number")
    postgres.psql("CHECKPOINT")  # fsync is off here
    postmaster = _postmaster(var)
    os.kill(postmaster, signal.SIGKILL)
    assert processes.wait_gone(postmaster, 10)
    assert server.ensure()
    assert postgres.psql("SELECT number FROM kept") == "7"


def test_stale_pid_file_that_names_another_process_is_cleared(var: Path) -> None:
    server, postgres = _postgres(var)
    server.ensure()
    pid_file = postgres.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    server.release()
    lines[0] = str(os.getppid())
    pid_file.write_text("\n".join(lines) + "\n")
    assert not server.is_running()
    assert server.ensure()
    assert _postmaster(var) != os.getppid()


def test_interrupted_first_start_is_begun_anew(var: Path) -> None:
    server, postgres = _postgres(var)
    half = postgres.data.with_name("data.new")
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    assert server.ensure()
    assert not half.exists()


def test_foreign_files_in_the_data_folder_are_left_alone(var: Path) -> None:
    server, postgres = _postgres(var)
    postgres.data.mkdir(parents=True)
    (postgres.data / "thesis.doc").touch()
    with pytest.raises(ServerError, match="no PostgreSQL data"):
        server.ensure()
    assert (postgres.data / "thesis.doc").exists()


def test_data_of_another_version_is_refused_with_a_sentence(var: Path) -> None:
    server, postgres = _postgres(var)
    postgres.data.mkdir(parents=True)
    (postgres.data / "PG_VERSION").write_text("15\n")
    with pytest.raises(ServerError, match="pg_dump"):
        server.ensure()


@pytest.mark.parametrize("name", ["postgres", "valkey"])
def test_keeper_stops_a_server_whose_only_user_was_killed(
    var: Path, another_process: Another, name: str
) -> None:
    other = another_process(name)
    server = embedded.servers(var)[name]
    assert server.is_running()
    other.kill()
    assert _until(lambda: not server.is_running())


def test_killed_user_does_not_take_the_server_from_the_others(var: Path, another_process: Another) -> None:
    killed = another_process("valkey")
    server = embedded.servers(var)["valkey"]
    assert not server.ensure()
    killed.kill()
    killed.wait()
    assert not _until(lambda: not server.is_running(), seconds=0.5)
    assert server.release()


def test_stopped_valkey_that_does_not_answer_is_replaced(var: Path) -> None:
    server = embedded.servers(var)["valkey"]
    server.ensure()
    assert isinstance(server.server, Valkey)
    first = int(server.server.pid_file.read_text())
    os.kill(first, signal.SIGSTOP)
    server.server.start()
    assert int(server.server.pid_file.read_text()) != first
    assert server.is_running()
