"""The one way in which anything happens in a run.

Every verb, of members, staff or the system: lock in one order, look at what is, ask the mechanic, carry its
effects out, all in one transaction. See docs/decisions for the order of locks.
"""

from apps.campaigns.services.engine.acting import act, act_as_staff, act_as_system, open_entry
from apps.campaigns.services.engine.outcome import Came, Origin, Outcome

__all__ = ["Came", "Origin", "Outcome", "act", "act_as_staff", "act_as_system", "open_entry"]
