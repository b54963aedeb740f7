"""比 contest: alone or in teams, by a score that can be re-derived (C7)."""

from apps.campaigns.mechanics.contest.mechanic import Contest

MECHANIC = Contest()
