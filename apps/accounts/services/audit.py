"""Writing the audit trail."""

from typing import Any

from django.db import models

from apps.accounts.models import AuditEntry, User


def audit(
    *, actor: User | None, action: str, target: models.Model | None = None, reason: str = "", **detail: Any
) -> AuditEntry:
    """Write one audit row in the caller's transaction and return it.

    ``action`` is a dotted verb; ``detail`` must be JSON and free of personal data. ``actor=None`` is the
    system itself.
    """
    return AuditEntry.objects.create(
        actor=actor,
        action=action,
        target=f"{target._meta.label_lower}:{target.pk}" if target is not None else "",
        target_label=str(target)[:200] if target is not None else "",
        # A form may send NUL, which no table holds.
        reason=reason.replace("\0", ""),
        detail=detail,
    )
