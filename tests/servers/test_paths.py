"""Where the embedded servers live."""

import os
import pwd
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import environ
import pytest

from community_ops.servers import embedded, paths, postgres

AS_ROOT = os.geteuid() == 0


def test_addresses_name_sockets_and_start_nothing(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMUNITY_OPS_VAR", str(var / "群 策"))
    database = environ.Env.db_url_config(embedded.database_url())
    assert database["HOST"] == ""
    assert database["NAME"] == "community_ops"
    assert database["OPTIONS"] == {"host": str(var / "群 策" / "postgres"), "port": 5432}
    assert unquote(urlsplit(embedded.redis_url()).path) == str(var / "群 策" / "valkey" / "valkey.sock")
    assert urlsplit(embedded.redis_url()).query == "virtual_host=0"
    assert urlsplit(embedded.redis_client_url(3)).query == "db=3"
    assert not (var / "群 策").exists()


def test_socket_of_a_deep_checkout_moves_to_a_short_folder(var: Path) -> None:
    deep = var / ("long-name-" * 9) / "var"
    place = paths.postgres_place(deep)
    assert place.folder == deep / "postgres"
    assert len(os.fsencode(place.socket)) <= paths.SOCKET_PATH_LIMIT
    host = parse_qs(urlsplit(postgres.url(place)).query)["host"][0]
    assert host.startswith("/tmp/community-ops-")
    assert paths.postgres_place(deep / "other").socket != place.socket


@pytest.mark.skipif(not AS_ROOT, reason="only root has to run PostgreSQL as somebody else")
def test_root_keeps_data_outside_of_a_private_folder(var: Path) -> None:
    private = var / "home"
    private.mkdir(mode=0o700)
    place = paths.postgres_place(private / "checkout" / "var")
    assert place.is_elsewhere
    assert place.account is not None
    assert paths.may_enter(place.folder.parent, place.account)
    assert not paths.may_enter(private, place.account)


@pytest.mark.skipif(not AS_ROOT, reason="only root has to run PostgreSQL as somebody else")
def test_root_stays_with_the_owner_of_existing_data(var: Path) -> None:
    (var / "postgres").mkdir()
    daemon = pwd.getpwnam("daemon")
    os.chown(var / "postgres", daemon.pw_uid, daemon.pw_gid)
    (var / "valkey").mkdir()
    os.chown(var / "valkey", daemon.pw_uid, daemon.pw_gid)
    account = paths.Account("daemon", daemon.pw_uid, daemon.pw_gid)
    assert paths.postgres_place(var).account == account
    assert paths.valkey_place(var).account == account
    valkey = embedded.servers(var)["valkey"]
    assert valkey.ensure()
    assert valkey.place.socket.stat().st_uid == daemon.pw_uid


@pytest.mark.skipif(not AS_ROOT, reason="only root has to run PostgreSQL as somebody else")
def test_a_place_once_chosen_is_remembered(var: Path) -> None:
    chosen = var / "chosen" / "postgres"
    chosen.mkdir(parents=True)
    (var / "run").mkdir()
    (var / "run" / "postgres.place").write_text(f"{chosen}\n")
    assert paths.postgres_place(var).folder == chosen
