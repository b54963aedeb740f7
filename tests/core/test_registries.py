"""Strategies are found by their files."""

import sys
from pathlib import Path

import pytest

from apps.core.registries import strategies_in

PLAIN = "class One:\n    key = {key!r}\n\n\nTHING = One()\n"


def package_of(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, **keys: str) -> str:
    """A package whose modules each export a ``THING``; one module more exports none."""
    home = folder / name
    home.mkdir()
    for module, key in keys.items():
        (home / f"{module}.py").write_text(PLAIN.format(key=key))
    for module in ("__init__", "base"):
        (home / f"{module}.py").write_text("")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return name


def test_each_module_with_one_is_found_in_the_order_of_file_names(tmp_path, monkeypatch):
    package = package_of(tmp_path, monkeypatch, "found_things", b="second", a="first")
    assert list(strategies_in(package, "THING")) == ["first", "second"]
    assert strategies_in(package, "OTHER") == {}


def test_two_with_one_key_are_refused(tmp_path, monkeypatch):
    package = package_of(tmp_path, monkeypatch, "twin_things", a="same", b="same")
    with pytest.raises(ValueError, match="share the key 'same'"):
        strategies_in(package, "THING")
