"""Contributions of members who left the campaign's groups before settlement."""

import logging
from datetime import datetime

from django.db import OperationalError, connection
from django.utils.translation import gettext as _

from apps.accounts.enums import NoticeLevel
from apps.campaigns.enums import UNSETTLED_RUN_STATES
from apps.campaigns.models import Run
from apps.campaigns.selectors.plans import Plan, plan_of
from apps.campaigns.services.engine import act_as_system
from apps.campaigns.services.runs.telling import tell

logger = logging.getLogger(__name__)

#: Seats first: a mechanic may void what hangs on them along with them.
_LEFT = """
SELECT c.entry_id, c.id FROM campaigns_contribution AS c JOIN campaigns_entry AS e ON e.id = c.entry_id
WHERE c.run_id = %(run)s AND c.state = 'counted' AND e.state NOT IN ('failed', 'cancelled')
  AND c.member_id IN (
    SELECT g.member_id FROM groups_membership AS g
    WHERE g.group_id = ANY(%(groups)s) AND g.left_at >= %(opens)s AND g.left_at >= c.at)
  AND NOT EXISTS (
    SELECT 1 FROM groups_membership AS g
    WHERE g.member_id = c.member_id AND g.group_id = ANY(%(groups)s) AND g.left_at IS NULL)
ORDER BY c.entry_id, NOT c.is_seat, c.id"""


def void_leavers(*, now: datetime) -> int:
    """For every unsettled run whose rules say so, void what leavers contributed; returns how many contributions.

    A leaver has left one of the campaign's groups since contributing and is in none of them now. Coming back does
    not restore a contribution: otherwise one person could be counted in and out at will. A campaign without groups
    has no leavers.
    """
    voided = 0
    runs = Run.objects.filter(state__in=UNSETTLED_RUN_STATES).select_related("campaign__owner")
    for run in runs.order_by("pk"):
        try:
            plan = plan_of(run.pk, run.revision)
            voided += void_leavers_of(run=run, plan=plan, now=now)
        except Exception:  # one run's fault keeps no other waiting; settling tells people of it
            logger.exception("leavers of run %s could not be found", run.pk)
    return voided


def void_leavers_of(*, run: Run, plan: Plan, now: datetime) -> int:
    """As ``void_leavers``, for one run; each contribution in a transaction of its own."""
    groups = list(run.campaign.groups.values_list("pk", flat=True))
    if not groups or not plan.mechanic.voids_leavers(plan.rules):
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_LEFT, {"run": run.pk, "groups": groups, "opens": run.opens_at})
        found = cursor.fetchall()
    return sum(_void(run, entry_id, part_id, now=now) for entry_id, part_id in found)


def _void(run: Run, entry_id: int, part_id: int, *, now: datetime) -> int:
    try:
        outcome = act_as_system(entry_id=entry_id, verb="voided", part_id=part_id, reason="left", now=now)
        return int(outcome is not None)
    except OperationalError as error:  # the next tick tries again
        logger.warning("contribution %s is busy: %s", part_id, error)
    except Exception as error:
        logger.exception("contribution %s could not be voided", part_id)
        tell(
            run,
            key=f"part:{part_id}:stuck",
            text=_("退群成员的参与记录 #%(part)d 没能作废：%(error)s") % {"part": part_id, "error": error},
            level=NoticeLevel.ERROR,
        )
    return 0
