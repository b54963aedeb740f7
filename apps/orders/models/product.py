"""What is sold."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team, User
from apps.core.models import ScopedQuerySet, TimeStamped


class ProductQuerySet(ScopedQuerySet["Product"]):
    def in_teams(self, user: User) -> "ProductQuerySet":
        """Products of the user's teams, and those that belong to the whole house, for staff with a team."""
        mine = user.teams.all()
        return self.filter(Q(team__in=mine) | (Q(team__isnull=True) & models.Exists(mine)))


class Product(TimeStamped):
    """商品. ``cost`` is what one piece costs us: reward cost stands beside revenue (A3)."""

    name = models.CharField(_("商品名称"), max_length=120)
    sku = models.CharField(_("商品编码"), max_length=64)
    price = models.DecimalField(_("售价（元）"), max_digits=12, decimal_places=2)
    cost = models.DecimalField(_("成本（元）"), max_digits=12, decimal_places=2, default=0, db_default=0)
    team = models.ForeignKey(
        Team,
        verbose_name=_("团队"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("留空表示所有团队都能卖。"),
    )
    picture = models.ImageField(_("图片"), upload_to="products/", blank=True)
    description = models.TextField(_("说明"), blank=True)
    is_active = models.BooleanField(_("在售"), default=True, db_default=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("商品")
        verbose_name_plural = _("商品")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["sku"], name="product_sku_once", violation_error_message=_("这个商品编码已经用过了。")
            ),
            models.CheckConstraint(
                condition=~Q(sku=""),
                name="product_sku_not_empty",
                violation_error_message=_("请填写商品编码。"),
            ),
            models.CheckConstraint(
                condition=Q(price__gte=0, cost__gte=0),
                name="product_money_not_negative",
                violation_error_message=_("售价和成本不能为负。"),
            ),
        ]

    def __str__(self) -> str:
        return self.name
