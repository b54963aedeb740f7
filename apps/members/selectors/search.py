"""Finding members among a million by what people type: a phone, its end, an account, a name."""

import re
import unicodedata

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Right

from apps.core.errors import DomainError
from apps.core.phones import canonical_phone
from apps.members.enums import IdentityKind
from apps.members.models import Identity, Member
from apps.members.models.search import Doubled, doubled

_NUMBER = re.compile(r"[+＋]?[\d\s\-()（）]+")


def search_members(members: QuerySet[Member], term: str) -> QuerySet[Member]:
    """Narrow ``members`` to a term. Every way is answered by an index.

    Digits: a whole phone in any spelling, else the end of one (four digits or more). Else a platform account
    in full, else a part of the nickname.
    """
    term = unicodedata.normalize("NFKC", term).strip()
    if not term:
        return members
    if _NUMBER.fullmatch(term):
        digits = re.sub(r"\D", "", term)
        try:
            return members.filter(phone=canonical_phone(term))
        except DomainError:
            pass
        if len(digits) >= 4:
            return members.alias(phone_tail=Right("phone", 4)).filter(
                phone_tail=digits[-4:], phone__endswith=digits
            )
    owners = Identity.objects.filter(kind__in=IdentityKind.values, value=term).values_list("member_id")
    if term.isascii() and (found := list(owners[:20])):
        return members.filter(pk__in=[pk for (pk,) in found])
    return members.alias(doubled_name=Doubled("nickname")).filter(doubled_name__contains=doubled(term))


def distinct_values(column: str, *, limit: int = 200) -> list[str]:
    """The values of ``city`` or ``source`` that members have, in order, by hopping along the index.

    ``SELECT DISTINCT`` would read a million rows; this reads one index entry per value.
    """
    assert column in {"city", "source"}
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE hop AS (SELECT min({column}) AS value FROM members_member WHERE {column} > ''"
            f" UNION ALL SELECT (SELECT min(m.{column}) FROM members_member m WHERE m.{column} > hop.value)"
            " FROM hop WHERE hop.value IS NOT NULL)"
            " SELECT value FROM hop WHERE value IS NOT NULL LIMIT %s",
            [limit],
        )
        return [row[0] for row in cursor.fetchall()]
