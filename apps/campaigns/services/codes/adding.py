"""Filling a pool of codes: a million by COPY."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import batched

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.campaigns.enums import BenefitKind, GrantState
from apps.campaigns.models import Benefit
from apps.campaigns.services.granting.pending import NO_STOCK
from apps.core.errors import Invalid

_LONGEST = 120
_LINES_AT_ONCE = 5_000
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


@dataclass(frozen=True)
class Added:
    """What became of the lines: ``read`` = ``added`` + ``repeated`` + ``unusable`` (M1)."""

    read: int
    added: int
    repeated: int
    unusable: int


@transaction.atomic
def add_codes(*, benefit: Benefit, lines: Iterable[str], actor: User | None, now: datetime) -> Added:
    """Put one code a line into the pool of ``benefit``, in order; audited. Blank lines are passed over, codes that
    the pool knows count as repeated, those over 120 characters or with a NUL as unusable.

    Grants that failed for want of a code are pending again. Raises ``Invalid`` for another kind of benefit.
    """
    if benefit.kind != BenefitKind.CODE:
        raise Invalid(_("只有兑换码礼品有码池。"), hint=_("请选种类是兑换码的礼品。"), field="benefit")
    counter = _Counter()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE new_codes (value text NOT NULL) ON COMMIT DROP")
        with cursor.copy("COPY new_codes FROM STDIN") as copy:
            for some in batched(counter.usable(lines), _LINES_AT_ONCE, strict=False):
                copy.write("\n".join(some) + "\n")
        cursor.execute(
            "INSERT INTO campaigns_code (benefit_id, value) SELECT %s, value FROM new_codes"
            " ON CONFLICT (benefit_id, value) DO NOTHING",
            [benefit.pk],
        )
        added = cursor.rowcount
        # Two imports in one transaction would meet the first one's table.
        cursor.execute("DROP TABLE new_codes")
        cursor.execute(
            "UPDATE campaigns_grant SET state = %s, reason = '', updated_at = %s"
            " WHERE benefit_id = %s AND state = %s AND reason = %s",
            [GrantState.PENDING, now, benefit.pk, GrantState.FAILED, NO_STOCK],
        )
    result = Added(
        read=counter.read,
        added=added,
        repeated=counter.read - counter.unusable - added,
        unusable=counter.unusable,
    )
    audit(actor=actor, action="code.add", target=benefit, added=added, read=counter.read)
    return result


def lines_of(data: bytes) -> Iterator[str]:
    """The lines of an uploaded text file: UTF-8 with or without a mark, else GB18030 (Excel in China)."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030", errors="replace")
    return iter(io.StringIO(text))


class _Counter:
    """Passes usable codes on, escaped for COPY, and counts."""

    def __init__(self) -> None:
        self.read = 0
        self.unusable = 0

    def usable(self, lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            value = line.strip("\ufeff \t\r\n\u3000")
            if not value:
                continue
            self.read += 1
            if len(value) > _LONGEST or "\0" in value:
                self.unusable += 1
                continue
            yield value if value.isalnum() else value.translate(_ESCAPES)
