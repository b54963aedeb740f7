"""``manage.py check_invariants`` is an honest, read-only audit."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from apps.core import invariants


def run(*args: str) -> tuple[str, int]:
    out = StringIO()
    try:
        call_command("check_invariants", *args, stdout=out)
    except SystemExit as stop:
        return out.getvalue(), int(stop.code or 0)
    return out.getvalue(), 0


@pytest.fixture
def broken_promise(monkeypatch):
    monkeypatch.setattr(invariants, "_registry", dict(invariants._registry))
    invariants.all_invariants()
    invariants.invariant("D99", "a row that should not be", "SELECT generate_series(1, 3)")


@pytest.mark.django_db(transaction=True)
def test_empty_database_keeps_all_promises():
    text, code = run("--json")
    report = json.loads(text)
    assert code == 0
    assert report["ok"] is True
    assert all(row["violations"] == 0 for row in report["invariants"])


@pytest.mark.django_db(transaction=True)
def test_violations_are_counted_and_exit_with_one(broken_promise):
    text, code = run("--json")
    report = json.loads(text)
    assert code == 1
    assert {"promise": "D99", "name": "a row that should not be", "violations": 3} in report["invariants"]
    table, code = run()
    assert code == 1
    assert "D99" in table


@pytest.mark.django_db(transaction=True)
def test_it_cannot_write(monkeypatch):
    monkeypatch.setattr(invariants, "_registry", dict(invariants._registry))
    invariants.all_invariants()
    invariants.invariant(
        "D98",
        "writes",
        "WITH w AS (INSERT INTO accounts_team (name, note) VALUES ('x', '') RETURNING id) SELECT * FROM w",
    )
    with pytest.raises(Exception, match=r"read-only|only allowed at the top level|data-modifying"):
        run()
