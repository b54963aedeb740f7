"""Visits in the log: clicks, touches and what they led to, each with the names that figures are split by.

The campaign and the team are looked up in the same statement, so that no fact costs a query of its own where the
row that it tells of is written by one too.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apps.campaigns.services.engine import Came
from apps.events.enums import EventKind
from apps.h5.models import Touch

#: Over ``t`` (run_id, group_id, member_id, number) and ``about`` (a JSON object).
_FACT = """
INSERT INTO events_event (occurred_at, kind, key, team_id, group_id, member_id, subject, data)
SELECT %(now)s, '{kind}', '{word}:' || t.number, c.team_id, t.group_id, t.member_id, '{word}:' || t.number,
  %(about)s::jsonb || jsonb_build_object('run', r.id, 'campaign', r.campaign_id)
FROM {rows} t JOIN campaigns_run r ON r.id = t.run_id JOIN campaigns_campaign c ON c.id = r.campaign_id
ON CONFLICT DO NOTHING"""

VISITED = _FACT.format(
    kind=EventKind.PAGE_VISITED.value,
    word="touch",
    rows="(SELECT %(run)s::bigint AS run_id, %(group)s::bigint AS group_id, %(member)s::bigint AS member_id,"
    " %(touch)s::bigint AS number)",
)
#: The same conversion a second time writes neither row (C11).
CONVERTED = """
WITH new AS (
  INSERT INTO h5_conversion (kind, ref, run_id, member_id, is_new_member, first_touch_id, last_touch_id, at)
  VALUES (%(kind)s, %(ref)s, %(run)s, %(member)s, %(is_new)s, %(first)s, %(last)s, %(now)s)
  ON CONFLICT DO NOTHING RETURNING id AS number, run_id, member_id, %(group)s::bigint AS group_id)""" + _FACT.format(
    kind=EventKind.VISIT_CONVERTED.value, word="conversion", rows="new"
)
#: One statement for the counter and the fact, whose number is the counter's; its row is locked for as long as it takes
#: to write it to memory: a hundred clicks at once on one link would otherwise queue for the disk, one after another.
#: A power cut may cost a moment's clicks, and nothing else.
CLICKED = """
WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
clicked AS (
  UPDATE campaigns_sharelink SET clicks = clicks + 1 FROM quick WHERE id = %(link)s
  RETURNING id || ':' || clicks AS number, run_id, group_id, %(member)s::bigint AS member_id)""" + _FACT.format(
    kind=EventKind.LINK_CLICKED.value, word="click", rows="clicked"
)


def came_by(touch: Touch | None) -> Came:
    """The link's names of a touch; none for no touch."""
    if touch is None:
        return Came()
    return Came(touch.group_id, touch.post_id, touch.channel, touch.inviter_id)


def touch_values(touch: Touch, *, member_id: int | None, now: datetime) -> dict[str, Any]:
    """Parameters of ``VISITED`` but ``about``, see :func:`touch_words`."""
    return {
        "now": now,
        "run": touch.run_id,
        "group": touch.group_id,
        "member": member_id,
        "touch": touch.pk,
    }


def touch_words(touch: Touch) -> dict[str, Any]:
    """Post, channel, inviter, and what the address and the browser said."""
    more: Mapping[str, Any] = {
        "link": touch.link_id,
        "utm_source": touch.utm.get("utm_source"),
        "referrer": touch.referrer,
        "variant": touch.variant,
    }
    return came_by(touch).words() | {key: value for key, value in more.items() if value}
