"""What members are told, as plain JSON. Written out field by field: what is not named here stays inside."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from apps.campaigns.enums import LIVE_ENTRY_STATES, RunState
from apps.campaigns.mechanics.base import Mechanic, Page, Param, Verb
from apps.campaigns.models import Coupon, Entry, Grant, Run
from apps.campaigns.selectors.names import public_name as public_name
from apps.campaigns.selectors.plans import Plan


def run_row(run: Run, *, now: datetime) -> dict[str, Any]:
    """A run as lists show it. ``seconds_left``: to its start while it waits for it, else to its end."""
    return {
        "id": run.pk,
        "number": run.number,
        "title": run.plan.get("title") or run.campaign.title,
        "headline": run.campaign.headline,
        "mechanic": run.mechanic,
        "state": run.state,
        "opens_at": run.opens_at,
        "closes_at": run.closes_at,
        "seconds_left": seconds_left(
            run.opens_at if run.state == RunState.SCHEDULED else run.closes_at, now=now
        ),
    }


def run_page(run: Run, plan: Plan, page: Page, *, now: datetime) -> dict[str, Any]:
    """A run as its own page shows it."""
    return run_row(run, now=now) | {
        "now": now,
        "mechanic": mechanic_words(plan.mechanic),
        "intro": run.campaign.intro,
        "product_name": plan.product_name,
        "mini_program_path": run.campaign.mini_program_path,
        "page": page_shape(page, plan.mechanic),
        "opening": verb_shape(plan.mechanic.opening),
        "benefits": benefits(plan),
        "stock": stock_left(run, plan),
        "limits": {
            "entries_per_member": plan.entries_per_member or None,
            "contributions_per_member": plan.contributions_per_member or None,
            "is_new_only": plan.eligibility.is_new_only,
            "is_for_everybody": plan.eligibility.is_open,
        },
    }


def mechanic_words(mechanic: Mechanic[Any]) -> dict[str, Any]:
    return {
        "key": mechanic.key,
        "label": mechanic.label,
        "mark": mechanic.mark,
        "icon": mechanic.icon,
        "entry_word": mechanic.entry_word,
        "part_word": mechanic.part_word,
    }


def page_shape(page: Page, mechanic: Mechanic[Any]) -> dict[str, Any]:
    """The mechanic's page for the viewer, each button with what its verb asks for."""
    verbs = {verb.key: verb for verb in mechanic.verbs}
    return {
        "mood": page.mood,
        "headline": page.headline,
        "text": page.text,
        "done": plain(page.done),
        "goal": plain(page.goal),
        "unit": page.unit,
        "lines": list(page.lines),
        "ends_at": page.ends_at,
        "buttons": [
            {
                "verb": button.verb,
                "label": button.label,
                "is_primary": button.is_primary,
                "why_not": button.why_not,
                "params": [param_shape(param) for param in verbs[button.verb].params],
            }
            for button in page.buttons
        ],
    }


def verb_shape(verb: Verb) -> dict[str, Any]:
    return {
        "verb": verb.key,
        "label": verb.label,
        "params": [param_shape(param) for param in verb.params],
    }


def param_shape(param: Param) -> dict[str, Any]:
    return {
        "key": param.key,
        "label": param.label,
        "kind": param.kind.value,
        "is_required": param.is_required,
        "least": param.least,
        "most": param.most,
        "help": param.help,
    }


def benefits(plan: Plan) -> list[dict[str, Any]]:
    """What the slots promise, in the mechanic's order: worth to the member, never our cost."""
    slots = [(slot.key, slot.label) for slot in plan.mechanic.slots(plan.rules)]
    return [
        {
            "slot": key,
            "label": label,
            "benefits": [
                {
                    "name": item.name,
                    "kind": item.kind,
                    "quantity": item.quantity,
                    "face_value": item.face_value,
                }
                for item in plan.slots[key]
            ],
        }
        for key, label in slots
        if plan.slots.get(key)
    ]


def stock_left(run: Run, plan: Plan) -> dict[str, Any] | None:
    """``None`` where the mechanic counts nothing or nothing bounds it."""
    counted = getattr(run, "stock", None)
    if not plan.mechanic.stock_word or counted is None or counted.stock is None:
        return None
    left = counted.stock - counted.reserved - counted.sold
    return {"total": counted.stock, "left": max(left, 0), "unit": plan.mechanic.stock_word}


def entry_row(entry: Entry, *, now: datetime) -> dict[str, Any]:
    """An entry as lists show it; ``remaining`` is ``None`` where nothing bounds the seats."""
    taken = entry.count + entry.pending_count
    return {
        "code": entry.code,
        "title": entry.title,
        "state": entry.state,
        "reason": entry.reason,
        "count": entry.count,
        "pending_count": entry.pending_count,
        "capacity": entry.capacity,
        "remaining": None if entry.capacity is None else max(entry.capacity - taken, 0),
        "score": entry.score,
        "rank": entry.rank,
        "opened_at": entry.opened_at,
        "expires_at": entry.expires_at,
        "seconds_left": seconds_left(entry.expires_at, now=now) if entry.state in LIVE_ENTRY_STATES else None,
    }


def grant_row(grant: Grant, codes: Mapping[int, list[str]]) -> dict[str, Any]:
    """A gift as its owner sees it. Codes and coupons only once it is issued; why it is held stays inside."""
    return {
        "id": grant.pk,
        "run": grant.run_id,
        "kind": grant.kind,
        "name": grant.benefit.name,
        "note": grant.benefit.note,
        "quantity": grant.quantity,
        "face_value": grant.face_value,
        "state": grant.state,
        "state_label": grant.get_state_display(),
        "needs_address": grant.state == "awaiting_address",
        "codes": codes.get(grant.pk, []),
        "shipping_company": grant.shipping_company,
        "shipping_number": grant.shipping_number,
        "created_at": grant.created_at,
        "issued_at": grant.issued_at,
    }


def coupon_row(coupon: Coupon) -> dict[str, Any]:
    return {
        "code": coupon.code,
        "name": coupon.benefit.name,
        "note": coupon.benefit.note,
        "kind": coupon.kind,
        "value": coupon.value,
        "cap": coupon.cap,
        "threshold": coupon.threshold,
        "scope": coupon.scope,
        "state": coupon.state,
        "valid_from": coupon.valid_from,
        "valid_until": coupon.valid_until,
        "used_at": coupon.used_at,
    }


def seconds_left(until: datetime | None, *, now: datetime) -> int | None:
    return None if until is None else max(int((until - now).total_seconds()), 0)


def plain(number: Decimal) -> str:
    """``3``, ``12.5``, ``99.99``: without a tail of zeros or an exponent."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
