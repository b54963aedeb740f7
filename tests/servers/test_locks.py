"""Counting the users of a server."""

import os
from pathlib import Path

from community_ops.servers.locks import LockFile, Users


def test_only_the_last_user_stops_the_server(var: Path) -> None:
    stopped: list[str] = []
    first, second = Users(var, "x"), Users(var, "x")
    first.join()
    second.join()
    assert not first.leave(lambda: stopped.append("first"))
    assert second.leave(lambda: stopped.append("second"))
    assert stopped == ["second"]


def test_leaving_twice_stops_once(var: Path) -> None:
    stopped: list[int] = []
    users = Users(var, "x")
    users.join()
    assert users.leave(lambda: stopped.append(1))
    assert not users.leave(lambda: stopped.append(2))
    assert stopped == [1]


def test_a_forked_child_does_not_stop_its_parents_server(var: Path) -> None:
    users = Users(var, "x")
    users.join()
    child = os.fork()
    if child == 0:
        os._exit(1 if users.leave(lambda: None) else 0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert users.is_joined
    assert users.leave(lambda: None)


def test_a_user_can_join_again_after_leaving(var: Path) -> None:
    users = Users(var, "x")
    users.join()
    users.leave(lambda: None)
    users.join()
    assert Users(var, "x").has_others()
    users.leave_running()
    assert not Users(var, "x").has_others()


def test_an_exclusive_lock_has_one_holder(var: Path) -> None:
    first, second = LockFile(var / "lock"), LockFile(var / "lock")
    assert first.take()
    assert not second.take()
    first.drop()
    assert second.wait(seconds=1)
    second.drop()
