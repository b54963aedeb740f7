"""帮 assist: friends help, stages bring benefits."""

from apps.campaigns.mechanics.assist.mechanic import Assist
from apps.campaigns.mechanics.assist.rules import AssistRules

MECHANIC = Assist()

__all__ = ["MECHANIC", "Assist", "AssistRules"]
