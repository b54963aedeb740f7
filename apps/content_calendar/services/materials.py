"""Taking in pictures (S3)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.content_calendar.models import Material
from apps.content_calendar.services.access import check_may
from apps.core.errors import NotAllowed


@transaction.atomic
def add_material(*, material: Material, actor: User, now: datetime) -> Material:
    """Store a new material whose ``file`` is a ``clean_picture``; raises ``NotAllowed`` for others' teams."""
    check_may(actor, "content_calendar.add_material")
    team = material.team
    if team is not None and not (
        actor.has_perm("accounts.view_all_teams") or actor.teams.filter(pk=team.pk).exists()
    ):
        raise NotAllowed(_("你不在这个团队里。"), hint=_("请选你自己的团队。"), field="team")
    material.uploaded_by = actor
    material.save()
    audit(actor=actor, action="material.upload", target=material)
    return material
