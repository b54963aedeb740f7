"""What members open and add to."""

import secrets

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.campaigns.enums import LIVE_ENTRY_STATES, EntryState, PartState
from apps.campaigns.models.run import Run
from apps.core.models import ScopedQuerySet
from apps.members.models import Member
from apps.orders.models import Order


def new_code() -> str:
    """An address that cannot be guessed: 96 random bits, safe in a URL."""
    return secrets.token_urlsafe(12)


class EntryQuerySet(ScopedQuerySet["Entry"]):
    def in_teams(self, user: User) -> "EntryQuerySet":
        return self.filter(run__in=Run.objects.visible_to(user))

    def live(self) -> "EntryQuerySet":
        return self.filter(state__in=LIVE_ENTRY_STATES)


class Entry(models.Model):
    """团 / 助力单 / 砍价单 / 礼物 / 邀请 / 参赛 / 闲置: opened by a member in a run.

    ``count`` and ``pending_count`` are its counted and pending seats, ``score`` the sum of its counted
    contributions, ``score_at`` when that score was reached: kept by the engine, re-derivable (C7).
    """

    run = models.ForeignKey(
        Run, verbose_name=_("活动期"), on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    code = models.CharField(_("编号"), max_length=20, default=new_code, editable=False)
    owner = models.ForeignKey(
        Member, verbose_name=_("发起人"), on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    title = models.CharField(_("标题"), max_length=80, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=EntryState.choices, default=EntryState.OPEN)
    reason = models.CharField(_("结束原因"), max_length=24, blank=True, db_default="")
    count = models.IntegerField(_("有效人数"), default=0, db_default=0)
    pending_count = models.IntegerField(_("待确认人数"), default=0, db_default=0)
    capacity = models.IntegerField(_("人数上限"), null=True, blank=True)
    score = models.DecimalField(_("得分"), max_digits=14, decimal_places=2, default=0, db_default=0)
    ceiling = models.DecimalField(_("得分上限"), max_digits=14, decimal_places=2, null=True, blank=True)
    score_at = models.DateTimeField(_("达到时间"))
    seed = models.BigIntegerField(_("随机种子"))
    data = models.JSONField(_("内容"), default=dict, blank=True, db_default={})
    opened_at = models.DateTimeField(_("发起时间"))
    expires_at = models.DateTimeField(_("截止时间"), null=True, blank=True)
    ended_at = models.DateTimeField(_("结束时间"), null=True, blank=True)
    rank = models.PositiveIntegerField(_("名次"), null=True, blank=True)
    updated_at = models.DateTimeField(_("更新时间"), db_default=Now())
    #: Salted digests of where it was opened: for risk rules, never the address itself.
    ip_hash = models.CharField(_("来源地址摘要"), max_length=16, blank=True, db_default="")
    device_hash = models.CharField(_("设备摘要"), max_length=16, blank=True, db_default="")

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("参与单")
        verbose_name_plural = _("参与单")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["code"], name="entry_code_once"),
            models.CheckConstraint(condition=Q(count__gte=0, pending_count__gte=0), name="entry_counts"),
            models.CheckConstraint(
                condition=Q(capacity__isnull=True) | Q(capacity__gte=F("count") + F("pending_count")),
                name="entry_never_over_capacity",
                violation_error_message=_("人数已满。"),
            ),
            models.CheckConstraint(
                condition=Q(ceiling__isnull=True) | Q(score__lte=F("ceiling")),
                name="entry_never_over_ceiling",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[EntryState.WON, EntryState.FAILED, EntryState.CANCELLED])
                | Q(ended_at__isnull=False),
                name="entry_ended_has_a_time",
            ),
        ]
        indexes = [
            # The live board: best score first, who reached it earlier before who reached it later (C7).
            models.Index(F("run"), F("score").desc(), F("score_at"), F("id"), name="entry_board"),
            models.Index(fields=["run", "state", "-id"], name="entry_run_state"),
            models.Index(fields=["owner", "-id"], name="entry_owner_newest"),
            models.Index(
                fields=["expires_at"],
                condition=Q(state__in=sorted(LIVE_ENTRY_STATES), expires_at__isnull=False),
                name="entry_due_to_expire",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.code


class ContributionQuerySet(ScopedQuerySet["Contribution"]):
    def in_teams(self, user: User) -> "ContributionQuerySet":
        return self.filter(entry__run__in=Run.objects.visible_to(user))


class Contribution(models.Model):
    """参团 / 助力 / 砍一刀 / 领取 / 得分 / 报价. At most one live one per (entry, key); ``key`` is by default the
    member (C2). ``value`` counts for the entry's score while the state is ``counted``."""

    run = models.ForeignKey(
        Run, verbose_name=_("活动期"), on_delete=models.PROTECT, related_name="contributions", db_index=False
    )
    entry = models.ForeignKey(
        Entry,
        verbose_name=_("参与单"),
        on_delete=models.PROTECT,
        related_name="contributions",
        db_index=False,
    )
    member = models.ForeignKey(
        Member, verbose_name=_("成员"), on_delete=models.PROTECT, related_name="contributions", db_index=False
    )
    kind = models.CharField(_("种类"), max_length=20)
    key = models.CharField(_("去重标识"), max_length=60)
    state = models.CharField(_("状态"), max_length=8, choices=PartState.choices, default=PartState.COUNTED)
    is_seat = models.BooleanField(_("占名额"), default=True, db_default=True)
    is_new_member = models.BooleanField(_("新成员"), default=False, db_default=False)
    value = models.DecimalField(_("数值"), max_digits=14, decimal_places=2, default=1)
    at = models.DateTimeField(_("时间"))
    ended_at = models.DateTimeField(_("作废时间"), null=True, blank=True)
    void_reason = models.CharField(_("作废原因"), max_length=24, blank=True, db_default="")
    order = models.OneToOneField(
        Order,
        verbose_name=_("订单"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="contribution",
    )
    data = models.JSONField(_("内容"), default=dict, blank=True, db_default={})
    #: Salted digests of where it came from: for risk rules, never the address itself.
    ip_hash = models.CharField(_("来源地址摘要"), max_length=16, blank=True, db_default="")
    device_hash = models.CharField(_("设备摘要"), max_length=16, blank=True, db_default="")

    objects = ContributionQuerySet.as_manager()

    class Meta:
        verbose_name = _("参与记录")
        verbose_name_plural = _("参与记录")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "key"], condition=~Q(state=PartState.VOID), name="contribution_once"
            ),
            models.CheckConstraint(
                condition=~Q(state=PartState.VOID) | Q(ended_at__isnull=False),
                name="contribution_void_has_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["entry", "id"], name="contribution_entry"),
            models.Index(fields=["run", "-id"], name="contribution_run_newest"),
            models.Index(fields=["member", "run"], name="contribution_member_run"),
            # What waits for a person, among millions that do not.
            models.Index(
                fields=["run", "id"], condition=Q(state=PartState.PENDING), name="contribution_pending"
            ),
            models.Index(
                fields=["run", "ip_hash", "at"], condition=~Q(ip_hash=""), name="contribution_run_ip"
            ),
            models.Index(
                fields=["run", "device_hash", "at"],
                condition=~Q(device_hash=""),
                name="contribution_run_device",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class MemberActionQuerySet(ScopedQuerySet["MemberAction"]):
    def in_teams(self, user: User) -> "MemberActionQuerySet":
        return self.filter(run__in=Run.objects.visible_to(user))


class MemberAction(models.Model):
    """The first answer to an Idempotency-Key (C11); written in the transaction that did the work."""

    member = models.ForeignKey(
        Member, verbose_name=_("成员"), on_delete=models.CASCADE, related_name="+", db_index=False
    )
    key = models.CharField(_("幂等键"), max_length=80)
    run = models.ForeignKey(
        Run, verbose_name=_("活动期"), on_delete=models.CASCADE, related_name="+", db_index=False
    )
    entry_id = models.BigIntegerField(_("参与单编号"))
    verb = models.CharField(_("操作"), max_length=20)
    fingerprint = models.CharField(_("请求摘要"), max_length=32)
    answer = models.JSONField(_("答复"), default=dict)
    at = models.DateTimeField(_("时间"))

    objects = MemberActionQuerySet.as_manager()

    class Meta:
        verbose_name = _("成员操作")
        verbose_name_plural = _("成员操作")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["member", "key"], name="member_action_once")]
        indexes = [models.Index(fields=["at"], name="member_action_at")]

    def __str__(self) -> str:
        return f"{self.verb} {self.key}"
