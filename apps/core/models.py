"""Abstract bases."""

from collections.abc import Mapping
from typing import Any, Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.core.errors import WrongState

#: ``accounts.User``. Core knows no nouns, so it cannot name the class.
type Viewer = Any


class TimeStamped(models.Model):
    """Adds ``created_at`` and ``updated_at``; both also hold for rows written by plain SQL."""

    created_at = models.DateTimeField(_("创建时间"), db_default=Now(), editable=False)
    updated_at = models.DateTimeField(_("更新时间"), auto_now=True, db_default=Now())

    class Meta:
        abstract = True


class ScopedQuerySet[M: models.Model](models.QuerySet[M]):
    """A QuerySet that knows what a staff user may see (S1). Every model's default manager is one."""

    #: Permission (``app.codename``) that lifts the scope for this model.
    view_all_permission = "accounts.view_all_teams"

    def visible_to(self, user: Viewer) -> Self:
        """Rows that ``user`` may see: all with the permission, else those of the user's teams.

        Fails closed: an anonymous or inactive user sees nothing.
        """
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.has_perm(self.view_all_permission):
            return self
        return self.in_teams(user)

    def in_teams(self, user: Viewer) -> Self:
        """Rows of the user's teams; a model overrides it to name its path to a team."""
        raise NotImplementedError(f"{self.model.__name__} must say how it belongs to a team")


class OpenQuerySet[M: models.Model](ScopedQuerySet[M]):
    """For vocabularies that every staff user may see (tags, tiers, teams)."""

    def in_teams(self, user: Viewer) -> Self:
        return self


def move(
    instance: models.Model,
    to: str,
    *,
    table: Mapping[Any, frozenset[Any]],
    field: str = "state",
    **changes: Any,
) -> None:
    """Set ``instance.<field>`` to ``to`` and save it with ``changes``; the one writer of state fields.

    Raises ``WrongState`` when ``table`` (from → allowed to) does not allow it. The update is conditional on
    the state that was read, so of two concurrent movers one gets ``WrongState``.
    """
    current = str(getattr(instance, field))
    model = type(instance)
    stale = WrongState(
        _("“%(thing)s”现在的状态是“%(state)s”，不能这样操作。")
        % {"thing": instance, "state": _label(instance, field, current)},
        hint=_("刷新页面看看最新状态。"),
    )
    if to not in table.get(current, frozenset()):
        raise stale
    names = [f.name for f in model._meta.fields]
    if "updated_at" in names:
        changes.setdefault("updated_at", Now())
    updated = model._base_manager.filter(pk=instance.pk, **{field: current}).update(**{field: to}, **changes)
    if not updated:
        raise stale
    instance.refresh_from_db(fields=[field, *changes])


def _label(instance: models.Model, field: str, value: str) -> str:
    choices = dict(instance._meta.get_field(field).flatchoices)  # type: ignore[union-attr]
    return str(choices.get(value, value))
