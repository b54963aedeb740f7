"""One address for many: looked at when a member fills an address in, before anything is shipped."""

from datetime import datetime

from apps.campaigns.models import Run
from apps.campaigns.risk.policy import policy_of
from apps.campaigns.selectors.plans import plan_of
from apps.campaigns.selectors.risk_facts import parcel_facts
from apps.campaigns.services.risk.stopping import keep_and_stop


def watch_address(*, grant_id: int, run_id: int, now: datetime) -> int:
    """Flag every grant of the run that goes where this one goes, if they are too many, and hold what has not been
    shipped (C13); returns how many flags are new. In whatever state the run is: prizes get addresses after its end.
    """
    revision = Run.objects.values_list("revision", flat=True).get(pk=run_id)
    policy = policy_of(plan_of(run_id, revision).risk)
    written = 0
    for facts in parcel_facts(grant_id):
        if findings := policy.look(facts):
            written += keep_and_stop(facts, findings, policy, now=now)
    return written
