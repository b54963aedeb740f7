"""The campaign room's lists in the admin among many rows, for who sees all teams and for who sees one.

``CAMPAIGN_LIST_ROWS`` contributions (default 200,000; ``full`` is 1,000,000) by as many members, a fifth as many
entries in 40 runs, half as many gifts and coupons. The reference is the same page with 1,000 of each.
"""

import os
import statistics
import time
from collections.abc import Iterator
from typing import Any

_RUNS = 40
_PAGES = {
    "entries": "entry/",
    "entries page 200": "entry/?p=200",
    "entries of a state": "entry/?state__in=won",
    "entries of a campaign": "entry/?run__campaign__id__exact={campaign}",
    "entries found by nickname": "entry/?q=春丁",
    "entry by code": "entry/?q=bench-7",
    "contributions": "contribution/",
    "contributions of a state": "contribution/?state__in=void",
    "contributions of a campaign": "contribution/?run__campaign__id__exact={campaign}",
    "contributions found by nickname": "contribution/?q=春丁",
    "gifts": "grant/",
    "gifts that wait": "grant/?state__in=awaiting_shipment",
    "gifts of a benefit": "grant/?benefit__id__exact={benefit}",
    "gifts found by phone": "grant/?q=13000000007",
    "coupons": "coupon/",
    "coupons found by nickname": "coupon/?q=春丁",
    "coupons used": "coupon/?state__in=used",
    "coupons of a benefit": "coupon/?benefit__id__exact={benefit}",
    "runs": "run/",
    "campaigns": "campaign/",
    "waiting for people": "run/pending/",
    "risk queue": "flag/queue/",
}


def run() -> Iterator[dict[str, Any]]:
    """Yield one dict per page, reader and size, with the median milliseconds of three requests."""
    from django.conf import settings
    from django.test import Client, override_settings

    settings.ALLOWED_HOSTS.append("testserver")
    asked = os.environ.get("CAMPAIGN_LIST_ROWS", "200000")
    rows = 1_000_000 if asked == "full" else int(asked)
    made = _people()
    clients: dict[str, Client] = {}
    for name, user in made["users"].items():
        clients[name] = Client()
        clients[name].force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    small: dict[tuple[str, str], float] = {}
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}):
        for size in (1_000, rows):
            _fill(size, made)
            for case, address in _PAGES.items():
                if "?p=" in address and size < 100_000:
                    continue
                for reader, client in clients.items():
                    milliseconds = _median(client, address.format(**made))
                    small.setdefault((case, reader), milliseconds)
                    yield {
                        "case": case,
                        "reader": reader,
                        "rows": size,
                        "milliseconds": round(milliseconds, 1),
                        "of_small": round(milliseconds / small[case, reader], 2),
                    }


def _median(client: Any, address: str) -> float:
    times = []
    for _ in range(4):
        started = time.perf_counter()
        answer = client.get(f"/admin/campaigns/{address}")
        times.append((time.perf_counter() - started) * 1000)
        assert answer.status_code == 200, (address, answer.status_code)
    return statistics.median(times[1:])


def _people() -> dict[str, Any]:
    """Two teams with one campaign and half of the runs each; an architect, and an operator of the first team."""
    from django.contrib.auth.models import Group

    from apps.accounts.enums import Role
    from apps.accounts.models import Team, User
    from tests.campaigns.factories import make_benefit, make_run

    teams = [Team.objects.create(name=f"team {number}") for number in (1, 2)]
    operator = User.objects.create_user("bench-operator", password="bench", is_staff=True)
    operator.groups.add(Group.objects.get(name=Role.GROUP_OPERATOR.value))
    operator.teams.add(teams[0])
    architect = User.objects.create_superuser("bench-architect", password="bench")
    benefits, templates = [], []
    for team in teams:
        benefits.append(make_benefit(amount=5))
        templates.append(make_run("assist", {"stages": [9_999], "hours": 24}, slots={"helper": benefits[-1]}))
        type(benefits[-1]).objects.filter(pk=benefits[-1].pk).update(team=team)
        type(templates[-1].campaign).objects.filter(pk=templates[-1].campaign_id).update(team=team)
    return {
        "users": {"all teams": architect, "one team": operator},
        "campaign": templates[0].campaign_id,
        "benefit": benefits[0].pk,
        "benefits": [one.pk for one in benefits],
        "templates": [one.pk for one in templates],
        "teams": [one.pk for one in teams],
    }


def _fill(size: int, made: dict[str, Any]) -> None:
    """Up to ``size`` rows by plain SQL."""
    from django.db import connection

    values = {
        "size": size,
        "entries": max(size // 5, _RUNS),
        "half": size // 2,
        "runs": _RUNS,
        "benefits": made["benefits"],
        "templates": made["templates"],
        "teams": made["teams"],
    }
    with connection.cursor() as cursor:
        for statement in _STATEMENTS:
            cursor.execute(statement, values)
        cursor.execute("VACUUM ANALYZE")


_BASE = 9_000_000
_STATEMENTS = [
    f"""
INSERT INTO members_member (id, phone, nickname, city, source, note)
SELECT {_BASE} + i, '+861' || (3000000000 + i * 7), substr('赵钱孙李周吴郑王冯陈褚卫', i %% 12 + 1, 1)
  || substr('春夏秋冬梅兰竹菊云雨', i / 12 %% 10 + 1, 1) || chr(19968 + i %% 2000), '', '', ''
FROM generate_series(1, %(size)s) AS i ON CONFLICT DO NOTHING""",
    f"""
INSERT INTO members_memberteam (member_id, team_id, is_granted)
SELECT {_BASE} + i, (%(teams)s::bigint[])[i %% 2 + 1], false FROM generate_series(1, %(size)s) AS i
ON CONFLICT DO NOTHING""",
    f"""
INSERT INTO campaigns_run (id, campaign_id, number, period, mechanic, state, opens_at, closes_at, plan, revision)
SELECT {_BASE} + i, r.campaign_id, i + 1, 'bench-' || i, r.mechanic, r.state, r.opens_at, r.closes_at, r.plan, 1
FROM generate_series(1, %(runs)s) AS i JOIN campaigns_run AS r ON r.id = (%(templates)s::bigint[])[i %% 2 + 1]
ON CONFLICT DO NOTHING""",
    f"""
INSERT INTO campaigns_runstock (run_id) SELECT {_BASE} + i FROM generate_series(1, %(runs)s) AS i ON CONFLICT DO NOTHING""",
    f"""
INSERT INTO campaigns_entry (id, run_id, code, owner_id, title, state, score_at, seed, opened_at, expires_at, ended_at)
SELECT {_BASE} + i, {_BASE} + 1 + i %% %(runs)s, 'bench-' || i, {_BASE} + i, '',
  CASE WHEN i %% 50 = 0 THEN 'won' ELSE 'open' END, now(), 42, now(), now() + interval '1 day', now()
FROM generate_series(1, %(entries)s) AS i ON CONFLICT DO NOTHING""",
    f"""
INSERT INTO campaigns_contribution (id, run_id, entry_id, member_id, kind, key, state, value, at, ended_at)
SELECT {_BASE} + i, e.run_id, e.id, {_BASE} + i, 'help', 'm' || i, CASE WHEN i %% 500 = 0 THEN 'void' ELSE 'counted' END,
  1, now(), CASE WHEN i %% 500 = 0 THEN now() END
FROM generate_series(1, %(size)s) AS i JOIN campaigns_entry AS e ON e.id = {_BASE} + 1 + i %% %(entries)s
ON CONFLICT DO NOTHING""",
    f"""
INSERT INTO campaigns_grant (id, run_id, entry_id, member_id, benefit_id, kind, slot, give_key, key, quantity, cost, face_value,
  state, issued_at, address)
SELECT {_BASE} + i, e.run_id, e.id, {_BASE} + i, (%(benefits)s::bigint[])[i %% 2 + 1], 'points', 'helper', 'k',
  'bench-' || i, 1, 1, 1, CASE WHEN i %% 300 = 0 THEN 'awaiting_shipment' ELSE 'issued' END, now(), ''
FROM generate_series(1, %(half)s) AS i JOIN campaigns_entry AS e ON e.id = {_BASE} + 1 + i %% %(entries)s
ON CONFLICT DO NOTHING""",
    f"""
INSERT INTO campaigns_coupon (id, code, benefit_id, member_id, state, kind, value, threshold, valid_from, used_at)
SELECT {_BASE} + i, 'BENCH' || i, (%(benefits)s::bigint[])[i %% 2 + 1], {_BASE} + i,
  CASE WHEN i %% 40 = 0 THEN 'used' ELSE 'active' END, 'fixed', 5, 0, now(), CASE WHEN i %% 40 = 0 THEN now() END
FROM generate_series(1, %(half)s) AS i ON CONFLICT DO NOTHING""",
]
