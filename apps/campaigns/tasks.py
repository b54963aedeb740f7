"""Beat's ticks. The tables decide what is due: a lost tick loses nothing, a doubled one does nothing (C10)."""

from celery import shared_task

from apps.campaigns.services import expiring, landing, runs, scoring, settling, unused_pictures
from apps.campaigns.services.codes import low_stock
from apps.campaigns.services.coupons import returning
from apps.campaigns.services.engine import forgetting
from apps.campaigns.services.granting import pending, red_packets
from apps.campaigns.services.risk import scanning
from apps.core.clock import database_now


@shared_task
def open_due_runs() -> None:
    """Open runs whose time has come; call off those that were missed."""
    runs.open_due_runs(now=database_now())


@shared_task
def close_due_runs() -> None:
    """End runs whose window is over."""
    runs.close_due_runs(now=database_now())


@shared_task
def warn_ending_runs() -> None:
    """Tell people of runs that end soon."""
    runs.warn_ending_runs(now=database_now())


@shared_task
def plan_runs() -> None:
    """Keep one run ahead of every launched campaign."""
    runs.plan_runs(now=database_now())


@shared_task
def expire_due_entries() -> None:
    """End entries whose time is over."""
    expiring.expire_due_entries(now=database_now())


@shared_task
def collect_scores() -> None:
    """Bring scores up to date from invites, orders and points."""
    scoring.collect_scores(now=database_now())


@shared_task
def void_leavers() -> None:
    """Void contributions of members who left, where the rules say so."""
    scoring.void_leavers(now=database_now())


@shared_task
def settle_due_runs() -> None:
    """Bring runs that are over to their result."""
    settling.settle_due_runs(now=database_now())


@shared_task
def issue_pending_grants() -> int:
    """Issue grants that settlement or a refill left pending."""
    return pending.issue_pending(now=database_now())


@shared_task
def send_red_packets() -> int:
    """Take red packets of machine providers one step further."""
    return red_packets.send_red_packets(now=database_now())


@shared_task
def scan_risk() -> int:
    """Look again at what members did and at who left: what was missed is held as far as it has not set out."""
    return scanning.scan_recent(now=database_now())


@shared_task
def expire_coupons() -> int:
    """Mark coupons whose last day is over."""
    return returning.expire_coupons(now=database_now())


@shared_task
def warn_low_stock() -> int:
    """Tell people of benefits that run dry."""
    return low_stock.warn_low_stock(now=database_now())


@shared_task
def forget_actions() -> None:
    """Delete answers to keys that nobody repeats any more."""
    forgetting.forget_actions(now=database_now())


@shared_task
def publish_landings() -> int:
    """Publish landing pages whose time has come."""
    return landing.publish_due(now=database_now())


@shared_task
def prune_pictures() -> None:
    """Throw away pictures that no row names any more."""
    unused_pictures.prune_pictures(now=database_now())
