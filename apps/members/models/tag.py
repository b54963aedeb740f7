"""Tags and tiers."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.models import OpenQuerySet, ScopedQuerySet, TimeStamped


class Tier(TimeStamped):
    """会员等级, ordered by ``rank`` (higher is better)."""

    name = models.CharField(_("等级名称"), max_length=30, unique=True)
    rank = models.PositiveSmallIntegerField(_("序号"), default=0)

    objects = OpenQuerySet["Tier"].as_manager()

    class Meta:
        verbose_name = _("会员等级")
        verbose_name_plural = _("会员等级")
        ordering = ["rank", "id"]

    def __str__(self) -> str:
        return self.name


class Tag(TimeStamped):
    """标签."""

    name = models.CharField(_("标签名称"), max_length=40, unique=True)
    category = models.CharField(_("分类"), max_length=30, blank=True)

    objects = OpenQuerySet["Tag"].as_manager()

    class Meta:
        verbose_name = _("标签")
        verbose_name_plural = _("标签")
        ordering = ["category", "name"]

    def __str__(self) -> str:
        return self.name


class MemberTagQuerySet(ScopedQuerySet["MemberTag"]):
    def in_teams(self, user: User) -> "MemberTagQuerySet":
        from apps.members.models.member import Member

        return self.filter(member__in=Member.objects.visible_to(user))


class MemberTag(models.Model):
    # The constraint and the index below cover both keys.
    member = models.ForeignKey(
        "members.Member",
        verbose_name=_("成员"),
        on_delete=models.CASCADE,
        related_name="member_tags",
        db_index=False,
    )
    tag = models.ForeignKey(
        Tag, verbose_name=_("标签"), on_delete=models.CASCADE, related_name="member_tags", db_index=False
    )
    created_at = models.DateTimeField(_("打上的时间"), db_default=Now())

    objects = MemberTagQuerySet.as_manager()

    class Meta:
        verbose_name = _("成员标签")
        verbose_name_plural = _("成员标签")
        constraints = [models.UniqueConstraint(fields=["member", "tag"], name="member_tag_once")]
        indexes = [models.Index(fields=["tag", "member"])]

    def __str__(self) -> str:
        return f"{self.member_id} {self.tag_id}"
