"""The life of a run: planned, opened, warned of, closed; and what staff do to it meanwhile."""

from apps.campaigns.services.runs.checks import Check, NotReady, check_campaign
from apps.campaigns.services.runs.cloning import clone_campaign
from apps.campaigns.services.runs.consequences import campaign_consequences, consequences
from apps.campaigns.services.runs.freezing import freeze_plan, recurrence_of
from apps.campaigns.services.runs.interventions import (
    actions_for,
    cancel_run,
    change_stock,
    end_run_early,
    extend_run,
    pause_run,
    resume_run,
    set_budget,
)
from apps.campaigns.services.runs.launching import (
    archive_campaign,
    launch,
    pause_campaign,
    resume_campaign,
)
from apps.campaigns.services.runs.opening import open_now
from apps.campaigns.services.runs.planning import plan_next_run
from apps.campaigns.services.runs.ticking import (
    close_due_runs,
    open_due_runs,
    plan_runs,
    warn_ending_runs,
)

__all__ = [
    "Check",
    "NotReady",
    "actions_for",
    "archive_campaign",
    "campaign_consequences",
    "cancel_run",
    "change_stock",
    "check_campaign",
    "clone_campaign",
    "close_due_runs",
    "consequences",
    "end_run_early",
    "extend_run",
    "freeze_plan",
    "launch",
    "open_due_runs",
    "open_now",
    "pause_campaign",
    "pause_run",
    "plan_next_run",
    "plan_runs",
    "recurrence_of",
    "resume_campaign",
    "resume_run",
    "set_budget",
    "warn_ending_runs",
]
