"""Facts for the risk rules, gathered for many entries at once; each query is bounded per entry."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.db import connection

from apps.campaigns.risk.facts import EntryFacts, Habits, Parcel, PartFact
from apps.campaigns.risk.policy import Policy

#: Contributions of an entry that are looked at, the latest first: a contest's team may have thousands.
LATEST = 200
#: While a verb waits, only so many are: older ones were looked at when they were new, and the tick looks again.
LATEST_NOW = 60
#: Of these the device is looked up in the whole run while a verb waits; the tick looks up all.
FRESH = 10
#: Members on one device, or entries in a helper's past, beyond which it makes no difference.
ENOUGH = 100

#: What weighs on an entry: flags that are open. A contribution that is void by now weighs nothing more, except a
#: leaver's, whose leaving is the point.
OPEN_FLAGS = """
campaigns_flag AS f LEFT JOIN campaigns_contribution AS fc ON fc.id = f.contribution_id
WHERE f.state = 'open' AND (fc.id IS NULL OR fc.state <> 'void' OR fc.void_reason = 'left')"""
#: A leaver's contribution may be void already: it is evidence all the same.
_FACTS = f"""
SELECT e.id, e.run_id, e.owner_id, e.opened_at, e.ip_hash, e.device_hash,
  (SELECT COALESCE(sum(f.score), 0) FROM {OPEN_FLAGS} AND f.entry_id = e.id),
  c.id, c.member_id, c.at, c.state <> 'void', c.is_seat, c.is_new_member, c.ip_hash, c.device_hash,
  COALESCE(near.members, 0)
FROM campaigns_entry AS e
LEFT JOIN LATERAL (
  SELECT p.*, row_number() OVER (ORDER BY p.id DESC) AS place FROM campaigns_contribution AS p
  WHERE p.entry_id = e.id AND (p.state <> 'void' OR p.void_reason = 'left')
  ORDER BY p.id DESC LIMIT %(latest)s) AS c ON true
LEFT JOIN LATERAL (
  SELECT count(DISTINCT n.member_id) AS members FROM (
    SELECT member_id FROM campaigns_contribution AS d
    WHERE d.run_id = e.run_id AND d.device_hash = c.device_hash AND d.device_hash <> '' AND d.state <> 'void'
      AND d.at BETWEEN c.at - %(minutes)s * interval '1 minute' AND c.at + %(minutes)s * interval '1 minute'
    LIMIT %(enough)s) AS n) AS near ON c.device_hash <> '' AND c.place <= %(fresh)s
WHERE e.id = ANY(%(entries)s) ORDER BY e.id, c.id"""
#: Where a member is in a group still, or never was in one, nothing was left.
_HABITS = """
SELECT c.id, h.helped_owner, h.owners,
  EXISTS (SELECT 1 FROM campaigns_entry AS own WHERE own.owner_id = c.member_id),
  CASE WHEN NOT g.is_in THEN extract(epoch FROM g.left_at - c.at) / 3600 END
FROM campaigns_contribution AS c JOIN campaigns_entry AS e ON e.id = c.entry_id
CROSS JOIN LATERAL (
  SELECT count(DISTINCT x.entry_id) FILTER (WHERE o.owner_id = e.owner_id) AS helped_owner,
    count(DISTINCT o.owner_id) AS owners
  FROM (
    SELECT entry_id FROM campaigns_contribution AS p
    WHERE p.member_id = c.member_id AND p.state <> 'void' AND p.at >= c.at - %(days)s * interval '1 day'
    ORDER BY p.run_id DESC LIMIT %(enough)s) AS x
  JOIN campaigns_entry AS o ON o.id = x.entry_id WHERE o.owner_id <> c.member_id) AS h
CROSS JOIN LATERAL (
  SELECT COALESCE(bool_or(m.left_at IS NULL), true) AS is_in, max(m.left_at) AS left_at
  FROM groups_membership AS m WHERE m.member_id = c.member_id) AS g
WHERE c.id = ANY(%(parts)s)"""
#: What lies at an address counts until it is void.
_PARCELS = """
SELECT g.entry_id, g.id, g.member_id, same.members
FROM campaigns_grant AS g
CROSS JOIN LATERAL (
  SELECT count(DISTINCT o.member_id) AS members FROM campaigns_grant AS o
  WHERE o.run_id = g.run_id AND o.address_hash = g.address_hash AND o.address_hash <> '' AND o.state <> 'void') AS same
WHERE g.entry_id = ANY(%(entries)s) AND g.address_hash <> '' AND g.state <> 'void' ORDER BY g.id"""
_SAME_ADDRESS = """
SELECT DISTINCT g.entry_id FROM campaigns_grant AS g JOIN campaigns_grant AS mine ON mine.id = %s
WHERE g.run_id = mine.run_id AND g.address_hash = mine.address_hash AND g.address_hash <> '' AND g.state <> 'void'
ORDER BY 1 LIMIT 500"""


def quick_facts(
    entry_ids: Sequence[int], policy: Policy, *, latest: int = LATEST_NOW, fresh: int = FRESH
) -> dict[int, EntryFacts]:
    """What can be asked while a verb waits: one query. Helpers' habits and parcels are left out."""
    minutes = getattr(policy.params["burst"], "minutes", 10)
    values = {
        "entries": list(entry_ids),
        "minutes": minutes,
        "latest": latest,
        "fresh": fresh,
        "enough": ENOUGH,
    }
    parts: dict[int, list[PartFact]] = defaultdict(list)
    found: dict[int, EntryFacts] = {}
    for row in _rows(_FACTS, values):
        entry_id, run_id, owner_id, opened_at, ip_hash, device_hash, score = row[:7]
        facts = EntryFacts(entry_id, run_id, owner_id, opened_at, ip_hash, device_hash, open_score=int(score))
        found.setdefault(entry_id, facts)
        if row[7] is not None:
            parts[row[0]].append(PartFact(*row[7:16]))
    return {pk: replace(facts, parts=tuple(parts[pk])) for pk, facts in found.items()}


def full_facts(entry_ids: Sequence[int], policy: Policy) -> dict[int, EntryFacts]:
    """Everything the rules can look at: three queries for any number of entries."""
    found = quick_facts(entry_ids, policy, latest=LATEST, fresh=LATEST)
    values: dict[str, Any] = {
        "entries": list(entry_ids),
        "parts": [part.id for facts in found.values() for part in facts.parts],
        "days": getattr(policy.params["farm"], "days", 60),
        "enough": ENOUGH,
    }
    habits = {
        row[0]: Habits(row[1], row[2], row[3], None if row[4] is None else float(row[4]))
        for row in _rows(_HABITS, values)
    }
    parcels = _parcels(values)
    return {
        pk: replace(
            facts,
            parts=tuple(replace(part, habits=habits.get(part.id)) for part in facts.parts),
            parcels=tuple(parcels[pk]),
        )
        for pk, facts in found.items()
    }


def parcel_facts(grant_id: int) -> list[EntryFacts]:
    """Every entry of the run with a parcel to the grant's address, with its parcels and nothing else: two queries."""
    entries = [row[0] for row in _rows(_SAME_ADDRESS, [grant_id])]
    parcels = _parcels({"entries": entries})
    # pk, run, owner, opening: the address rule looks at parcels alone.
    rows = _rows(
        "SELECT id, run_id, owner_id, opened_at FROM campaigns_entry WHERE id = ANY(%s) ORDER BY id",
        [entries],
    )
    return [EntryFacts(row[0], row[1], row[2], row[3], parcels=tuple(parcels[row[0]])) for row in rows]


def _parcels(values: dict[str, Any]) -> dict[int, list[Parcel]]:
    found: dict[int, list[Parcel]] = defaultdict(list)
    for entry_id, *parcel in _rows(_PARCELS, values):
        found[entry_id].append(Parcel(*parcel))
    return found


def _rows(sql: str, values: Any) -> Iterable[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()
