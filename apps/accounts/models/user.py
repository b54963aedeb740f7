"""Staff users and their teams."""

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import OpenQuerySet, ScopedQuerySet, TimeStamped


class Team(TimeStamped):
    """团队: the unit of row scoping. Staff see the groups of their teams (S1)."""

    name = models.CharField(_("团队名称"), max_length=60, unique=True)
    note = models.CharField(_("备注"), max_length=200, blank=True)

    objects = OpenQuerySet["Team"].as_manager()

    class Meta:
        verbose_name = _("团队")
        verbose_name_plural = _("团队")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class UserQuerySet(ScopedQuerySet["User"]):
    def in_teams(self, user: "User") -> "UserQuerySet":
        return self.filter(models.Q(teams__in=user.teams.all()) | models.Q(pk=user.pk)).distinct()


class UserManager(DjangoUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    pass


class User(AbstractUser):
    """A staff user. Members of chat groups are not users: they live in ``members``."""

    display_name = models.CharField(_("姓名"), max_length=60, blank=True)
    teams = models.ManyToManyField(Team, verbose_name=_("所属团队"), related_name="users", blank=True)

    objects = UserManager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("用户")
        verbose_name_plural = _("用户")
        permissions = [("view_all_teams", _("可查看所有团队的数据"))]

    def __str__(self) -> str:
        return self.display_name or self.username

    def get_full_name(self) -> str:
        """What the pages call this person; Chinese names are one field."""
        return str(self)

    def get_short_name(self) -> str:
        return str(self)
