"""What a goal, an alert or a review is about: a team, a group, a campaign, a run, or the whole house."""

from collections.abc import Collection
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team, User
from apps.analytics.enums import Dimension
from apps.campaigns.models import Campaign, Run
from apps.core.models import ScopedQuerySet
from apps.groups.models import Group

SUBJECTS = ("team", "group", "campaign", "run")


class AboutQuerySet[M: models.Model](ScopedQuerySet[M]):
    def in_teams(self, user: User) -> "AboutQuerySet[M]":
        """Those about one of the user's teams or what belongs to it; the whole house is for whoever sees all."""
        return self.of_teams(user.teams.values_list("pk", flat=True))

    def of_teams(self, team_ids: "Collection[int] | models.QuerySet[Any, int] | None") -> "AboutQuerySet[M]":
        """Those about one of these teams or what belongs to it; None is the house, with what is about it."""
        if team_ids is None:
            return self
        return self.filter(
            Q(team__in=team_ids)
            | Q(group__team__in=team_ids)
            | Q(campaign__team__in=team_ids)
            | Q(run__campaign__team__in=team_ids)
        )

    def with_subjects(self) -> "AboutQuerySet[M]":
        return self.select_related("team", "group__team", "campaign__team", "run__campaign__team")


class About(models.Model):
    """At most one of the four is set; none means the whole house."""

    #: Beside none of the four: what the row is called on pages.
    HOUSE: ClassVar = _("全部团队")

    team = models.ForeignKey(
        Team, verbose_name=_("团队"), on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    group = models.ForeignKey(
        Group, verbose_name=_("社群"), on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    campaign = models.ForeignKey(
        Campaign, verbose_name=_("活动"), on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    run = models.ForeignKey(
        Run, verbose_name=_("活动期"), on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )

    class Meta:
        abstract = True

    @property
    def dimension(self) -> Dimension:
        for name in ("run", "campaign", "group"):
            if getattr(self, f"{name}_id"):
                return Dimension(name)
        return Dimension.TOTAL

    @property
    def key(self) -> str:
        """The key of its figures in ``dimension``; "" for a team or the house."""
        number = self.run_id or self.campaign_id or self.group_id
        return str(number) if number else ""

    @property
    def subject(self) -> Team | Group | Campaign | Run | None:
        return self.run or self.campaign or self.group or self.team

    @property
    def subject_label(self) -> str:
        return str(self.subject or self.HOUSE)

    @property
    def subject_kind(self) -> str:
        """Its kind in words."""
        for name in SUBJECTS:
            if getattr(self, f"{name}_id"):
                return str(self._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        return _now("全部")

    @property
    def home_team(self) -> Team | None:
        """The team that it belongs to."""
        if self.team:
            return self.team
        if self.group:
            return self.group.team
        campaign = self.run.campaign if self.run else self.campaign
        return campaign.team if campaign else None

    @property
    def people(self) -> list[User]:
        """Who looks after the subject."""
        campaign = self.run.campaign if self.run else self.campaign
        found = [self.group.owner if self.group else None, campaign.owner if campaign else None]
        return [user for user in found if user is not None]


def one_subject(name: str) -> models.CheckConstraint:
    """At most one of the four."""
    alone = Q()
    for chosen in SUBJECTS:
        alone |= Q(**{f"{other}__isnull": True for other in SUBJECTS if other != chosen})
    return models.CheckConstraint(
        condition=alone,
        name=name,
        violation_error_message=_("团队、社群、活动、活动期只选一个；都不选就是全部团队。"),
    )
