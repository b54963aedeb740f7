"""Ready parsers: builders of SQL over the trimmed text of a cell. PostgreSQL 16 or newer (pg_input_is_valid)."""

from collections.abc import Mapping

from django.conf import settings

from apps.imports.services.targets import Parser

#: What a cell is trimmed of: blanks of both widths, no-break space, zero-width space, byte-order mark.
BLANKS = r"E' \t\r\n\u3000\u00a0\u200b\ufeff'"
_WIDE_DIGITS = "０１２３４５６７８９"


def literal(text: str) -> str:
    """``text`` as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def cleaned(column: str) -> str:
    """SQL for the cell: trimmed, empty as NULL, an export's apostrophe taken off (``core.spreadsheets``)."""
    trimmed = f"NULLIF(btrim({column}, {BLANKS}), '')"
    danger = literal(r"^'(?:[\s']*[=+\-@＝＋－＠]|[\t\r\n])")
    return f"CASE WHEN left({column}, 1) = '''' AND {column} ~ {danger} THEN btrim(substr({column}, 2), {BLANKS}) ELSE {trimmed} END"


def text(max_length: int) -> Parser:
    """Free text; longer than ``max_length`` characters is cut (give the column the same ``max_length``)."""
    return lambda x: f"left({x}, {max_length})"


def tidy_date(x: str) -> str:
    """Separators of any kind as hyphens, full-width digits as digits; for ``date``."""
    plain = f"translate({x}, {literal(_WIDE_DIGITS + '/.年月日')}, '0123456789----')"
    return f"CASE WHEN {x} ~ ' ' THEN regexp_replace({plain}, ' +0?0:00(:00)?$', '') ELSE {plain} END"


def date(x: str) -> str:
    """``2026-01-24``, ``2026/1/24``, ``2026.1.24``, ``20260124``, ``2026年1月24日``; also with a time of 0:00."""
    return (
        f"CASE WHEN {x} ~ '^([0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}|(19|20)[0-9]{{6}})$'"
        f" AND pg_input_is_valid({x}, 'date') THEN {x}::date END"
    )


def tidy_timestamp(x: str) -> str:
    """As ``tidy_date``, keeping the time of day; for ``timestamp``."""
    return f"replace(translate({x}, {literal(_WIDE_DIGITS + '/.：T年月')}, '0123456789--: --'), '日', ' ')"


def timestamp(x: str) -> str:
    """A date as in ``date`` with an optional time of day, in the portal's time zone."""
    return (
        f"CASE WHEN {x} ~ '^[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}( +[0-9]{{1,2}}:[0-9]{{2}}(:[0-9]{{2}})?)? *$'"
        f" AND pg_input_is_valid({x}, 'timestamp')"
        f" THEN {x}::timestamp AT TIME ZONE {literal(settings.TIME_ZONE)} END"
    )


def tidy_number(x: str) -> str:
    """Thousands commas, currency signs and 元/分 taken off; for ``number``."""
    return f"translate({x}, {literal(_WIDE_DIGITS + '．－¥￥$,，元分 ')}, '0123456789.-')"


def number(sql_type: str) -> Parser:
    """A number; ``sql_type`` as in ``numeric(12,2)``."""
    return lambda x: (
        f"CASE WHEN {x} ~ '^[+-]?[0-9]+([.][0-9]*)?$' AND pg_input_is_valid({x}, {literal(sql_type)})"
        f" THEN {x}::{sql_type} END"
    )


def choice(words: Mapping[str, str]) -> Parser:
    """One of ``words`` (lower case) → stored value."""

    def parse(x: str) -> str:
        cases = " ".join(f"WHEN {literal(word)} THEN {literal(value)}" for word, value in words.items())
        return f"CASE lower({x}) {cases} END"

    return parse


def several(x: str) -> str:
    """Several words in a cell, whatever separates them → text[]."""
    return f"string_to_array(translate({x}, E';；,，、|｜\\n\\r', E'\\x1f\\x1f\\x1f\\x1f\\x1f\\x1f\\x1f\\x1f\\x1f'), E'\\x1f')"


def tidy_phone(x: str) -> str:
    """Full-width digits as digits, blanks and punctuation taken off; for ``mainland_mobile``."""
    noise = literal(_WIDE_DIGITS + "＋" + " -()（）.·'’‘`\u3000\u200b\ufeff\u00a0")
    return f"translate({x}, {noise}, '0123456789+')"


def mainland_mobile(x: str) -> str:
    """E.164 of what is a mainland mobile beyond doubt; NULL leaves the rest to Python (M3)."""
    return f"CASE WHEN {x} ~ '^([+]?86|0086)?1[3-9][0-9]{{9}}$' THEN '+86' || right({x}, 11) END"
