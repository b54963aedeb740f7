"""How much of one benefit may be given at once."""

from django.utils.translation import gettext as _

from apps.campaigns.enums import BenefitKind
from apps.campaigns.mechanics.base.rules import MOST_MONEY
from apps.campaigns.models import Benefit
from apps.campaigns.models.benefit import MOST_DAYS, MOST_POINTS
from apps.core.errors import Invalid

#: How many of one benefit a member may get at once.
MOST_AT_ONCE = 1_000
_MOST_AMOUNT = {BenefitKind.POINTS: MOST_POINTS, BenefitKind.MEMBERSHIP: MOST_DAYS}


def check_quantity(benefit: Benefit, quantity: int) -> None:
    """Raises ``Invalid`` if ``quantity`` of ``benefit`` cannot be given at once: the giving would break in the face of
    the member who has just earned it, or wait for ever."""
    if not 1 <= quantity <= MOST_AT_ONCE:
        raise Invalid(
            _("“%(name)s”的数量要在 1 到 %(most)d 之间。") % {"name": benefit.name, "most": MOST_AT_ONCE},
            field="benefits",
        )
    most = _MOST_AMOUNT.get(BenefitKind(benefit.kind))
    if most is not None and benefit.amount * quantity > most:
        raise Invalid(
            _("%(quantity)d 份“%(name)s”太多了，一次最多 %(most)d 积分或天数。")
            % {"quantity": quantity, "name": benefit.name, "most": most},
            hint=_("减少数量，或换一份小一点的礼品。"),
            field="benefits",
        )
    if (
        benefit.kind == BenefitKind.RED_PACKET
        and benefit.daily_limit is not None
        and quantity > benefit.daily_limit
    ):
        # The day on which so many fit into the limit never comes.
        raise Invalid(
            _("一次发 %(quantity)d 个“%(name)s”，超过了每人每天最多 %(limit)d 个，会一直等着发不出去。")
            % {"quantity": quantity, "name": benefit.name, "limit": benefit.daily_limit},
            hint=_("减少数量，或到礼品页把“每人每天最多几个”调到 %(quantity)d 或更多。")
            % {"quantity": quantity},
            field="benefits",
        )
    if max(benefit.cost, benefit.face_value) * quantity > MOST_MONEY:
        raise Invalid(
            _("%(quantity)d 份“%(name)s”一次就超过 %(most)s 元。")
            % {"quantity": quantity, "name": benefit.name, "most": f"{MOST_MONEY:,}"},
            hint=_("请检查数量、成本和面值。"),
            field="benefits",
        )
