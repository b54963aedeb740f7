"""The warehouse's files: what to send goes out, shipping numbers come back."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import IO, Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.campaigns.enums import GrantState
from apps.campaigns.models import Grant
from apps.campaigns.services.granting.addresses import address_of
from apps.campaigns.services.granting.shipping import check_may_fulfil, check_parcel
from apps.core.errors import Invalid, NotAllowed
from apps.core.numbers import whole
from apps.core.spreadsheet_files import read_rows, sniff
from apps.core.spreadsheets import restore
from apps.members.services.personal_data import EXPORT

_CHUNK = 2_000
#: Our own headers first, then what warehouses write instead.
_NUMBER = ("发放编号", "编号", "订单号", "grant")
_COMPANY = ("快递公司", "物流公司", "承运商", "company")
_PARCEL = ("快递单号", "运单号", "物流单号", "number")


def header() -> list[str]:
    """The columns of the file that goes out; the last two come back filled in."""
    return [
        _("发放编号"),
        _("礼品"),
        _("数量"),
        _("收件人"),
        _("电话"),
        _("地址"),
        _("快递公司"),
        _("快递单号"),
    ]


@transaction.atomic
def start_shipment_export(
    *, grants: QuerySet[Grant], actor: User, reason: str
) -> tuple[int, Iterator[list[Any]]]:
    """Audit an export of the parcels that wait among ``grants`` (of those, the ones that ``actor`` sees); returns how
    many, and their rows, read in pages as they are consumed.

    Addresses are personal data: raises ``NotAllowed`` without the permissions to fulfil and to export,
    ``Invalid`` without a reason.
    """
    check_may_fulfil(actor)
    if not actor.has_perm(EXPORT):
        raise NotAllowed(_("你没有导出完整个人信息的权限。"), hint=_("请联系社群架构师。"))
    if not reason.strip():
        raise Invalid(_("请写明用途。"), hint=_("它会记入审计。"), field="reason")
    waiting = grants.filter(pk__in=Grant.objects.visible_to(actor), state=GrantState.AWAITING_SHIPMENT)
    count = waiting.count()
    audit(actor=actor, action="grant.export_shipments", reason=reason[:500], count=count)
    return count, _rows(waiting)


def _rows(waiting: QuerySet[Grant]) -> Iterator[list[Any]]:
    query, after = waiting.select_related("benefit").order_by("pk"), 0
    while page := list(query.filter(pk__gt=after)[:_CHUNK]):
        for grant in page:
            where = address_of(grant)
            parts = [where.name, where.phone, where.address] if where else ["", "", ""]
            yield [grant.pk, grant.benefit.name, grant.quantity, *parts, "", ""]
        after = page[-1].pk


class Line(StrEnum):
    """What becomes of a line that came back."""

    READY = "ready"
    EMPTY = "empty"  # not shipped yet
    UNKNOWN = "unknown"
    ALREADY = "already"
    NOT_WAITING = "not_waiting"
    REPEATED = "repeated"
    WRONG = "wrong"


@dataclass(frozen=True)
class Shipment:
    """One line: ``line`` is its number in the file, ``problem`` what to do about it."""

    line: int
    grant_id: int
    company: str
    number: str
    outcome: Line
    problem: str = ""


def read_shipments(*, file: IO[bytes], actor: User) -> list[Shipment]:
    """What the warehouse's file (CSV or xlsx, any encoding and order of columns) would do: the preview.

    Raises ``NotAllowed``, ``Unreadable`` for the file, ``Invalid`` for missing columns.
    """
    check_may_fulfil(actor)
    rows = read_rows(file, sniff(file))
    _line, names = next(rows, (0, []))
    places = [_place(names, *_in_every_language(choices)) for choices in (_NUMBER, _COMPANY, _PARCEL)]
    if None in places:
        raise Invalid(
            _("文件里缺少需要的列。"), hint=_("要有“发放编号”“快递公司”“快递单号”三列。"), field="file"
        )
    read = [_shipment(line, [_cell(row, place) for place in places]) for line, row in rows if any(row)]
    return _checked(read, actor)


@transaction.atomic
def ship_all(*, shipments: Iterable[Shipment], actor: User, now: datetime) -> list[Shipment]:
    """Ship every ready line, set-based and once; lines that changed meanwhile say so. Audited as one act."""
    check_may_fulfil(actor)
    checked = _checked(list(shipments), actor)
    ready = {one.grant_id: one for one in checked if one.outcome is Line.READY}
    grants = list(
        Grant.objects.select_for_update(of=("self",))
        .filter(pk__in=ready, state=GrantState.AWAITING_SHIPMENT)
        .order_by("pk")
    )
    for grant in grants:
        grant.state = GrantState.SHIPPED
        grant.shipping_company, grant.shipping_number = ready[grant.pk].company, ready[grant.pk].number
        grant.shipped_at = grant.updated_at = now
    fields = ["state", "shipping_company", "shipping_number", "shipped_at", "updated_at"]
    Grant.objects.bulk_update(grants, fields, batch_size=1_000)
    audit(actor=actor, action="grant.ship_all", count=len(grants))
    shipped = {grant.pk for grant in grants}
    return [
        one
        if one.outcome is not Line.READY or one.grant_id in shipped
        else replace(one, outcome=Line.NOT_WAITING, problem=_("刚刚被别人处理了。"))
        for one in checked
    ]


def _shipment(line: int, cells: list[str]) -> Shipment:
    text, company, number = cells
    grant_id = whole(text)
    if grant_id is None:
        return Shipment(line, 0, company, number, Line.UNKNOWN, _("没有这个发放编号。"))
    if not company and not number:
        return Shipment(line, grant_id, "", "", Line.EMPTY)
    return Shipment(line, grant_id, company, number, Line.READY)


def _parcel(one: Shipment) -> Shipment:
    """Each time anew: between the preview and the act the lines were in somebody's browser."""
    try:
        company, number = check_parcel(one.company, one.number)
    except Invalid as error:
        return replace(one, outcome=Line.WRONG, problem=str(error))
    return replace(one, company=company, number=number)


def _checked(read: list[Shipment], actor: User) -> list[Shipment]:
    ids = {one.grant_id for one in read}
    states = dict(Grant.objects.visible_to(actor).filter(pk__in=ids).values_list("pk", "state"))
    seen: set[int] = set()
    checked = []
    for one in read:
        if one.outcome is Line.READY:
            one = _parcel(one)
        if one.outcome is Line.READY:
            one = _against(one, states.get(one.grant_id), is_repeated=one.grant_id in seen)
            seen.add(one.grant_id)
        checked.append(one)
    return checked


def _against(one: Shipment, state: str | None, *, is_repeated: bool) -> Shipment:
    if is_repeated:
        return replace(one, outcome=Line.REPEATED, problem=_("这个编号在文件里出现了不止一次，只用第一行。"))
    if state is None:
        return replace(one, outcome=Line.UNKNOWN, problem=_("没有这个发放编号。"))
    if state in (GrantState.SHIPPED, GrantState.ISSUED):
        return replace(one, outcome=Line.ALREADY, problem=_("已经发过货了。"))
    if state != GrantState.AWAITING_SHIPMENT:
        return replace(
            one,
            outcome=Line.NOT_WAITING,
            problem=_("现在是“%(state)s”，不能发货。") % {"state": GrantState(state).label},
        )
    return one


def _in_every_language(choices: tuple[str, ...]) -> list[str]:
    """The names as they stand, and as a file that was exported in another language says them."""
    names = list(choices)
    for code, _label in settings.LANGUAGES:
        with override(code):
            names.append(_(choices[0]).lower())
    return names


def _place(names: list[str], *choices: str) -> int | None:
    tidy = [restore(name).strip().lower() for name in names]
    known = [choice for choice in choices if choice in tidy]
    return tidy.index(known[0]) if known else None


def _cell(row: list[str], place: int | None) -> str:
    return restore(row[place]).strip() if place is not None and place < len(row) else ""
