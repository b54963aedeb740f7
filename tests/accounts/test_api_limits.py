"""Limits at the edge: counted together through Valkey, and by each process alone while it is away."""

import pytest
from django.conf import settings
from django.core.cache import cache

from apps.accounts.api.counters import Counters, Limit
from apps.accounts.api.origin import client_ip, device_digest, digest, ip_digest
from community_ops.settings.cache import cache_url

BURST, HOUR = Limit("m1", 3, 10), Limit("m1", 5, 3600)
NOW = 1_800_000_003.0  # three seconds into a window of ten


@pytest.fixture
def counters(request):
    return Counters(settings.CACHE_URL, f"{settings.CACHE_PREFIX}:{request.node.name}")


def test_the_burst_ends_with_its_window(counters):
    assert [counters.wait_for([BURST], NOW) for _ in range(4)] == [0, 0, 0, 7]
    assert counters.wait_for([BURST], NOW + 7) == 0


def test_the_longest_wait_of_all_limits_is_told(counters):
    for _ in range(5):
        counters.wait_for([BURST, HOUR], NOW)
    assert counters.wait_for([BURST, HOUR], NOW) == pytest.approx(3600 - NOW % 3600, abs=1)


def test_keys_count_apart_and_processes_together(counters):
    for _ in range(4):
        counters.wait_for([BURST], NOW)
    assert counters.wait_for([Limit("m2", 3, 10)], NOW) == 0
    another = Counters(settings.CACHE_URL, counters._prefix)
    assert another.wait_for([BURST], NOW) == 7


def test_looking_counts_nothing_and_says_when_one_more_would_be_too_many(counters):
    assert [counters.spent([BURST, HOUR], NOW) for _ in range(9)] == [0] * 9
    for _ in range(3):
        counters.wait_for([BURST], NOW)
    assert counters.spent([BURST], NOW) == 7
    assert (counters.spent([BURST], NOW + 7), counters.spent([], NOW)) == (0, 0)


@pytest.mark.parametrize("url", ["", "unix:///nowhere/v.sock?db=1", "redis://127.0.0.1:1/0"])
def test_without_valkey_each_process_counts_alone(url, caplog):
    lonely = Counters(url, "test")
    assert [lonely.wait_for([BURST], NOW) for _ in range(4)] == [0, 0, 0, 7]
    assert lonely.spent([BURST], NOW) == 7
    assert len(caplog.records) == bool(url)  # said once, not at every request
    caplog.clear()  # the session's other plugins do not want warnings at the end


def test_the_cache_is_not_the_brokers_database():
    cache.set("k", 1, 10)
    assert cache.get("k") == 1
    assert cache_url("redis+socket:///a/v.sock?virtual_host=0") == "unix:///a/v.sock?db=1"
    assert cache_url("redis://:pw@host:6379/0") == "redis://:pw@host:6379/1"
    assert cache_url("rediss://host:6379/1") == "rediss://host:6379/0"
    assert cache_url("redis://host") == "redis://host/1"
    assert cache_url("amqp://host//") == ""


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "6.6.6.6", "127.0.0.1"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", "127.0.0.1"),
        (1, "nonsense", ""),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        (1, "::ffff:203.0.113.9", "203.0.113.9"),
    ],
)
def test_only_our_own_proxies_are_believed(rf, settings, proxies, forwarded, expected):
    settings.TRUSTED_PROXIES = proxies
    assert client_ip(rf.get("/", HTTP_X_FORWARDED_FOR=forwarded)) == expected


def test_origins_are_kept_as_salted_digests(rf, settings):
    request = rf.get("/", HTTP_X_DEVICE_ID="phone-1")
    assert len(ip_digest(request)) == 16
    assert "127.0.0.1" not in ip_digest(request)
    assert device_digest(request) == digest("device", "phone-1") != digest("ip", "phone-1")
    assert device_digest(rf.get("/")) == device_digest(rf.get("/", HTTP_X_DEVICE_ID="x" * 65)) == ""
    before = digest("ip", "1.2.3.4")
    digest.cache_clear()
    settings.SECRET_KEY = "another"
    assert digest("ip", "1.2.3.4") != before
    digest.cache_clear()
