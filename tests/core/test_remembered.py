"""Answers that are kept for some seconds (S4: what is away is done without)."""

import redis
from django.core.cache import cache

from apps.core.remembered import keep, recall, remembered


def test_what_was_made_is_kept():
    made = []
    for _ in range(2):
        assert remembered("remembered:a", 60, lambda: made.append(1) or "x") == "x"
    assert made == [1]


def test_without_a_cache_it_is_made_each_time(monkeypatch):
    def away(*args, **kwargs):
        raise redis.ConnectionError("away")

    monkeypatch.setattr(cache, "get", away)
    monkeypatch.setattr(cache, "set", away)
    made = []
    for _ in range(2):
        assert remembered("remembered:b", 60, lambda: made.append(1) or "x") == "x"
    assert made == [1, 1]
    keep("remembered:b", 1, None)
    assert recall("remembered:b", "nothing") == "nothing"
