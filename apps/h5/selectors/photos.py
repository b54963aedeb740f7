"""Who may see a picture that a member sent."""

from apps.campaigns.models import Contribution
from apps.h5.selectors.entry_page import PUBLIC_STATES, find_entry


def may_see(*, name: str, code: str, member_id: int | None) -> bool:
    """``name`` is a reference as the entry ``code`` or one of its contributions has it.

    What an entry shows is for everybody once it has been let onto the shelf, for its owner at any time. What came
    with a contribution (a proof) is for whoever sent it; staff see it in the admin.
    """
    entry = find_entry(code)
    if entry is None:
        return False
    if name in (entry.data.get("photos") or []):
        return entry.owner_id == member_id or entry.state in PUBLIC_STATES
    if member_id is None:
        return False
    own = Contribution.objects.filter(entry=entry, member_id=member_id)
    return own.filter(data__photos__contains=[name]).exists()
