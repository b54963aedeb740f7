"""What the pages of runs share: sight, bars, labels."""

from django.http import Http404, HttpRequest

from apps.campaigns.admin.pages import is_id, need, staff
from apps.campaigns.enums import EntryState, GrantState, PartState, RunState
from apps.campaigns.models import Entry, Run

RUN_COLOURS = {
    RunState.SCHEDULED: "info",
    RunState.OPEN: "success",
    RunState.PAUSED: "warning",
    RunState.CLOSED: "warning",
    RunState.REVIEW: "warning",
    RunState.SETTLING: "warning",
    RunState.SETTLED: "default",
    RunState.CANCELLED: "default",
}
ENTRY_COLOURS = {
    EntryState.PENDING: "warning",
    EntryState.OPEN: "info",
    EntryState.MATCHED: "info",
    EntryState.DISPUTED: "danger",
    EntryState.WON: "success",
}
PART_COLOURS = {PartState.PENDING: "warning", PartState.COUNTED: "success"}
GRANT_COLOURS = {
    GrantState.HELD: "danger",
    GrantState.UNFUNDED: "danger",
    GrantState.UNKNOWN: "danger",
    GrantState.FAILED: "danger",
    GrantState.PENDING: "info",
    GrantState.SENDING: "info",
    GrantState.AWAITING_ADDRESS: "warning",
    GrantState.AWAITING_SHIPMENT: "warning",
    GrantState.SHIPPED: "success",
    GrantState.ISSUED: "success",
}


def visible_run(request: HttpRequest, pk: int, permission: str = "view_run") -> Run:
    """The run with its campaign, if the user may see it (S1); otherwise 404, as if there were none."""
    need(request, permission)
    runs = Run.objects.visible_to(staff(request)).select_related("campaign__team", "stock")
    run = runs.filter(pk=pk).first()
    if run is None:
        raise Http404
    return run


def visible_entry(request: HttpRequest, pk: int | str, permission: str = "view_entry") -> Entry:
    """The entry with run and owner, if the user may see it (S1); otherwise 404."""
    need(request, permission)
    found = None
    if is_id(pk):
        entries = Entry.objects.visible_to(staff(request)).select_related("run__campaign", "owner")
        found = entries.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
