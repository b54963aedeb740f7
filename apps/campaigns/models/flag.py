"""Suspicion with its evidence."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.campaigns.enums import FlagState
from apps.campaigns.models.entry import Contribution, Entry
from apps.campaigns.models.run import Run
from apps.campaigns.risk.registry import all_rules
from apps.core.models import ScopedQuerySet, TimeStamped
from apps.members.models import Member


class FlagQuerySet(ScopedQuerySet["Flag"]):
    def in_teams(self, user: User) -> "FlagQuerySet":
        return self.filter(run__in=Run.objects.visible_to(user))


class Flag(TimeStamped):
    """疑点: what one rule found about an entry or one contribution, in words and figures (C13).

    It holds grants, it never deletes. A person releases or voids it; ``note`` says why, ``appeal`` what the
    member says.
    """

    run = models.ForeignKey(
        Run, verbose_name=_("活动期"), on_delete=models.CASCADE, related_name="flags", db_index=False
    )
    entry = models.ForeignKey(Entry, verbose_name=_("参与单"), on_delete=models.CASCADE, related_name="flags")
    contribution = models.ForeignKey(
        Contribution,
        verbose_name=_("参与记录"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="flags",
    )
    member = models.ForeignKey(Member, verbose_name=_("成员"), on_delete=models.CASCADE, related_name="flags")
    rule = models.CharField(_("规则"), max_length=32)
    key = models.CharField(_("去重标识"), max_length=100)
    score = models.PositiveSmallIntegerField(_("可疑分"), help_text=_("达到活动的门槛就暂扣礼品。"))
    evidence = models.JSONField(_("证据"), default=dict)
    state = models.CharField(_("状态"), max_length=10, choices=FlagState.choices, default=FlagState.OPEN)
    decided_by = models.ForeignKey(
        User, verbose_name=_("复核人"), on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(_("复核时间"), null=True, blank=True)
    note = models.CharField(_("复核说明"), max_length=300, blank=True)
    appeal = models.CharField(_("成员申诉"), max_length=300, blank=True)

    objects = FlagQuerySet.as_manager()

    class Meta:
        verbose_name = _("风控疑点")
        verbose_name_plural = _("风控疑点")
        ordering = ["-id"]
        permissions = [("review_flag", _("可复核风控疑点"))]
        constraints = [
            models.UniqueConstraint(fields=["run", "key"], name="flag_once"),
            models.CheckConstraint(condition=Q(score__gte=1, score__lte=100), name="flag_score_range"),
            models.CheckConstraint(
                condition=Q(state=FlagState.OPEN) | Q(decided_at__isnull=False),
                name="flag_decided_has_a_time",
            ),
        ]
        indexes = [models.Index(fields=["run", "state"], name="flag_run_state")]

    def __str__(self) -> str:
        return f"{self.rule} {self.score}"

    @property
    def rule_label(self) -> str:
        """The rule in words; as it is stored if its file is gone."""
        rule = all_rules().get(self.rule)
        return str(rule.label) if rule else self.rule

    @property
    def sentence(self) -> str:
        """The evidence with its figures, in words."""
        rule = all_rules().get(self.rule)
        return rule.sentence(self.evidence) if rule else ""

    @property
    def advice(self) -> str:
        """What to look at before deciding."""
        rule = all_rules().get(self.rule)
        return str(rule.advice) if rule else ""


class BlockedMemberQuerySet(ScopedQuerySet["BlockedMember"]):
    def in_teams(self, user: User) -> "BlockedMemberQuerySet":
        return self.filter(member__in=Member.objects.visible_to(user))


class BlockedMember(TimeStamped):
    """黑名单: may not act in campaigns until lifted."""

    member = models.OneToOneField(
        Member, verbose_name=_("成员"), on_delete=models.CASCADE, related_name="campaign_block"
    )
    reason = models.CharField(_("原因"), max_length=200)
    blocked_by = models.ForeignKey(
        User, verbose_name=_("操作人"), on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = BlockedMemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("黑名单")
        verbose_name_plural = _("黑名单")
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.member)
