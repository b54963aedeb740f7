"""Gifts by slot on the wizard: rows of a gift and a quantity, posted as ``gift.<slot>`` and ``quantity.<slot>``."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.campaigns.mechanics.base import Slot
from apps.campaigns.models import Benefit, Campaign
from apps.campaigns.selectors.economics import Gift
from apps.campaigns.services.gift_bounds import MOST_AT_ONCE, check_quantity
from apps.core.errors import Invalid
from apps.core.numbers import whole

_MOST_ROWS = 20


@dataclass(frozen=True)
class GiftRow:
    """As typed: ``benefit`` is an id or empty."""

    benefit: str = ""
    quantity: str = "1"
    error: str = ""


@dataclass(frozen=True)
class SlotRows:
    """A slot with its rows, a spare one at the end."""

    slot: Slot
    rows: tuple[GiftRow, ...]


@dataclass(frozen=True)
class TypedGifts:
    """``by_slot`` as typed; ``gifts`` is what could be understood of it; ``wrong`` is set when some could not."""

    by_slot: dict[str, list[GiftRow]]
    gifts: list[Gift] = field(default_factory=list)
    wrong: bool = False

    def shown(self, slots: Sequence[Slot]) -> list[SlotRows]:
        return [SlotRows(slot, (*self.by_slot.get(slot.key, []), GiftRow())) for slot in slots]

    def left_over(self, slots: Sequence[Slot]) -> dict[str, list[GiftRow]]:
        """Rows of slots that the rules do not have (any more): kept on the page while it is open."""
        known = {slot.key for slot in slots}
        return {key: rows for key, rows in self.by_slot.items() if key not in known and rows}

    def kept(self, slots: Sequence[Slot]) -> list[Gift]:
        """Gifts in slots that the rules have: what is stored."""
        known = {slot.key for slot in slots}
        return [gift for gift in self.gifts if gift.slot in known]


def choosable(user: User, campaign: Campaign | None) -> list[Benefit]:
    """Active gifts that ``user`` may see (S1), and those that the campaign already has."""
    allowed = Q(pk__in=Benefit.objects.visible_to(user).filter(is_active=True).values("pk"))
    if campaign is not None and campaign.pk:
        allowed |= Q(pk__in=campaign.benefits.values("benefit_id"))
    return list(Benefit.objects.filter(allowed).order_by("name", "id"))


def stored_gifts(campaign: Campaign | None) -> TypedGifts:
    by_slot: dict[str, list[GiftRow]] = {}
    gifts = []
    if campaign is not None and campaign.pk:
        for row in campaign.benefits.select_related("benefit"):
            by_slot.setdefault(row.slot, []).append(GiftRow(str(row.benefit_id), str(row.quantity)))
            gifts.append(Gift(row.slot, row.benefit, row.quantity))
    return TypedGifts(by_slot, gifts)


def typed_gifts(post: QueryDict, benefits: Iterable[Benefit]) -> TypedGifts:
    """Rows as posted; what is wrong with one stands beside it."""
    known = {str(benefit.pk): benefit for benefit in benefits}
    by_slot: dict[str, list[GiftRow]] = {}
    gifts: list[Gift] = []
    for name in post:
        if not name.startswith("gift."):
            continue
        slot = name.removeprefix("gift.")
        quantities = post.getlist(f"quantity.{slot}")
        seen: set[str] = set()
        for index, chosen in enumerate(post.getlist(name)[:_MOST_ROWS]):
            if not chosen:
                continue
            quantity = quantities[index].strip() if index < len(quantities) else "1"
            error = _wrong(chosen, quantity, known, seen)
            seen.add(chosen)
            by_slot.setdefault(slot, []).append(GiftRow(chosen, quantity, error))
            if not error:
                gifts.append(Gift(slot, known[chosen], int(quantity)))
    wrong = any(row.error for rows in by_slot.values() for row in rows)
    return TypedGifts(by_slot, gifts, wrong)


def _wrong(chosen: str, quantity: str, known: dict[str, Benefit], seen: set[str]) -> str:
    if chosen not in known:
        return _("这份礼品不能选，请换一份。")
    number = whole(quantity, at_least=1, at_most=MOST_AT_ONCE)
    if number is None:
        return _("数量要填 1 到 %(most)s 的整数。") % {"most": f"{MOST_AT_ONCE:,}"}
    try:
        check_quantity(known[chosen], number)
    except Invalid as refusal:
        return str(refusal)
    if chosen in seen:
        return _("这份礼品已经在这一档里，改上面那行的数量即可。")
    return ""
