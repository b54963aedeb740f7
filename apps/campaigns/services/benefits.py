"""Writing benefits 礼品."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.campaigns.models import Benefit
from apps.campaigns.services.campaign_access import check_may, check_team
from apps.core.errors import Invalid, NotAllowed

#: What a person may write; ``issued`` is counted by granting.
FIELDS = (
    "name",
    "kind",
    "team",
    "cost",
    "face_value",
    "stock",
    "low_stock",
    "amount",
    "provider",
    "daily_limit",
    "is_active",
    "note",
    "coupon_kind",
    "coupon_value",
    "coupon_cap",
    "coupon_threshold",
    "coupon_scope",
    "coupon_valid_from",
    "coupon_valid_until",
    "coupon_valid_days",
    "returns_on_refund",
)


@transaction.atomic
def write_benefit(
    *, benefit: Benefit | None, values: Mapping[str, Any], actor: User, now: datetime
) -> Benefit:
    """Create a benefit (``benefit=None``) or change one; ``values`` maps names of ``FIELDS``.

    Raises ``Invalid`` with the first field that is wrong, ``NotAllowed`` for another team's (S1).
    """
    is_new = benefit is None
    if benefit is None:
        check_may(actor, "campaigns.add_benefit")
        benefit = Benefit(team=actor.teams.first())
    else:
        check_may(actor, "campaigns.change_benefit")
        if not Benefit.objects.visible_to(actor).filter(pk=benefit.pk).exists():
            raise NotAllowed(_("这份礼品属于别的团队。"), hint=_("请新建一份。"))
        benefit = Benefit.objects.select_for_update(of=("self",)).get(pk=benefit.pk)
    if is_new or ("team" in values and values["team"] != benefit.team):
        check_team(actor, values.get("team", benefit.team))
    for name in FIELDS:
        if name in values:
            setattr(benefit, name, values[name])
    try:
        benefit.full_clean()
    except ValidationError as error:
        field, texts = next(iter(error.message_dict.items()))
        raise Invalid(texts[0], field="" if field == "__all__" else field) from error
    benefit.save()
    audit(actor=actor, action="benefit.create" if is_new else "benefit.change", target=benefit)
    return benefit
