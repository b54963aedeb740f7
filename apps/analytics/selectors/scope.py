"""Whose figures a person may see (S1)."""

from dataclasses import dataclass

from apps.accounts.models import User

#: The whole house in cohorts and member sets, which do not add up from teams.
HOUSE = -1


@dataclass(frozen=True)
class Scope:
    """The teams whose facts count; None is the whole house with the facts of no team. Hashable, so it keys caches."""

    team_ids: frozenset[int] | None

    @property
    def teams(self) -> list[int] | None:
        """For ``team_id = ANY(…)``; None for no condition."""
        return None if self.team_ids is None else sorted(self.team_ids)

    @property
    def set_teams(self) -> list[int]:
        """The ``team_id``s of the cohort and member-set rows that make up this scope."""
        return [HOUSE] if self.team_ids is None else sorted(self.team_ids)

    def narrowed(self, team_id: int | None) -> "Scope":
        """One team of the scope; the scope itself for None. A team outside of it leaves nothing."""
        if team_id is None:
            return self
        if self.team_ids is not None and team_id not in self.team_ids:
            return Scope(frozenset())
        return Scope(frozenset({team_id}))


def scope_of(user: User) -> Scope:
    """What ``user`` may see. Fails closed: nothing for an inactive user."""
    if not user.is_authenticated or not user.is_active:
        return Scope(frozenset())
    if user.has_perm("accounts.view_all_teams"):
        return Scope(None)
    return Scope(frozenset(user.teams.values_list("pk", flat=True)))
