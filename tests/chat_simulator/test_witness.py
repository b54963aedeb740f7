"""Counts, order, reset, journal and the clock: what tests and benchmarks rely on."""

from __future__ import annotations

import stat

import pytest


def text(content):
    return {"msgtype": "text", "text": {"content": content}}


def post(simulator, key, content):
    return simulator.http.post("/cgi-bin/webhook/send", params={"key": key}, json=text(content)).json()[
        "errcode"
    ]


def test_messages_come_in_order_of_arrival_across_robots(simulator):
    simulator.robots([{"platform": "wecom", "key": f"robot-key-{n}"} for n in range(3)])
    for number in range(9):
        assert post(simulator, f"robot-key-{number % 3}", f"第{number}条") == 0
    messages = simulator.messages()
    assert [m["text"] for m in messages] == [f"第{n}条" for n in range(9)]
    assert [m["id"] for m in messages] == sorted({m["id"] for m in messages})
    assert [m["text"] for m in simulator.messages(since=messages[6]["id"])] == ["第7条", "第8条"]
    assert [m["text"] for m in simulator.messages(key="robot-key-1")] == ["第1条", "第4条", "第7条"]
    assert simulator.count(text="第4条") == simulator.count(digest=messages[4]["digest"]) == 1


def test_reset_leaves_nothing_or_only_the_robots(simulator):
    simulator.robots([{"platform": "wecom", "key": "robot-key-1", "limit_per_minute": 1}])
    assert post(simulator, "robot-key-1", "a") == 0
    assert post(simulator, "robot-key-1", "b") == 45009
    simulator.reset(keep_robots=True)
    assert simulator.messages() == []
    assert simulator.requests()["requests"] == 0
    assert post(simulator, "robot-key-1", "c") == 0
    simulator.reset()
    assert simulator.requests() == {
        "requests": 0, "accepted": 0, "refused": 0, "unanswered": 0, "unknown": 0, "matching": 0, "robots": [],
    }  # fmt: skip


def test_the_clock_of_the_process_can_be_moved(simulator):
    simulator.robots([{"platform": "wecom", "key": "robot-key-1", "limit_per_minute": 1}])
    assert [post(simulator, "robot-key-1", "a") for _ in range(2)] == [0, 45009]
    simulator.advance(61)
    assert post(simulator, "robot-key-1", "b") == 0


def test_journal_brings_robots_and_bubbles_back(start, journal_path):
    first = start(journal=journal_path)
    first.robots([{"platform": "wecom", "key": "robot-key-1", "name": "小群", "groups": ["甲"]}])
    assert post(first, "robot-key-1", "留得住") == 0
    first.remove("robot-key-1")
    assert stat.S_IMODE(journal_path.stat().st_mode) == 0o600
    with journal_path.open("ab") as file:
        file.write(b'{"message": {"text": "torn')
    second = start(journal=journal_path)
    [message] = second.messages()
    assert (message["text"], message["groups"], message["accepted"]) == ("留得住", ["甲"], True)
    assert post(second, "robot-key-1", "x") == 93000
    third = start(journal=journal_path)
    assert [m["accepted"] for m in third.messages()] == [True, False]
    third.reset()
    assert start(journal=journal_path).messages() == []


def test_old_messages_make_room_in_the_ring_but_stay_counted(start):
    simulator = start(limited=False)
    [robot] = simulator.robots([{"platform": "wecom", "key": "robot-key-1"}])
    for number in range(510):
        assert post(simulator, "robot-key-1", f"{number}") == 0
    assert simulator.requests()["accepted"] == simulator.count(key="robot-key-1") == 510
    shown = simulator.http.get("/_page/messages", params={"id": robot["id"]}).json()["messages"]
    assert [m["text"] for m in shown] == [f"{n}" for n in range(310, 510)]


@pytest.mark.parametrize(
    "robot",
    [
        {"platform": "icq", "key": "x"},
        {"platform": "wecom"},
        {"platform": "wecom", "key": "x", "limit_per_minute": -1},
        {"platform": "wecom", "key": "x", "groups": "群"},
        {"platform": "wecom", "key": "x", "state": "gone"},
        7,
    ],
)
def test_an_unreadable_registration_says_what_is_wrong(simulator, robot):
    response = simulator.http.post("/_control/robots", json=[robot])
    assert response.status_code == 400
    assert response.json()["error"].startswith("robot 1: ")


def test_control_is_closed_to_other_sites(simulator):
    body = b'{"keep_robots": false}'
    headers = {"Content-Type": "application/json"}
    for extra in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert (
            simulator.http.post("/_control/reset", content=body, headers=headers | extra).status_code == 403
        )
    plain = {"Content-Type": "text/plain"}
    assert simulator.http.post("/_control/reset", content=body, headers=plain).status_code == 415
    own = {"Origin": simulator.url, "Sec-Fetch-Site": "same-origin"}
    assert simulator.http.post("/_control/reset", content=body, headers=headers | own).status_code == 200
