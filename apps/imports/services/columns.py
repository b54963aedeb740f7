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


def date(x: str) -> str:
    """``2026-01-24``, ``2026/1/24``, ``2026.1.24``, ``20260124``, ``2026年1月24日``, also with a time of 00:00."""
    iso = f"replace(replace(replace(replace(replace(translate({x}, {literal(_WIDE_DIGITS + '/.')}, '0123456789--'), '年', '-'), '月', '-'), '日', ''), ' 00:00:00', ''), ' 0:00', '')"
    return (
        f"CASE WHEN {iso} ~ '^[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}$' OR {iso} ~ '^(19|20)[0-9]{{6}}$'"
        f" THEN CASE WHEN pg_input_is_valid({iso}, 'date') THEN ({iso})::date END END"
    )


def timestamp(x: str) -> str:
    """A date as in ``date`` with an optional time of day, in the portal's time zone."""
    iso = f"replace(replace(replace(translate({x}, {literal(_WIDE_DIGITS + '/.：T')}, '0123456789--: '), '年', '-'), '月', '-'), '日', ' ')"
    zone = literal(settings.TIME_ZONE)
    return (
        f"CASE WHEN {iso} ~ '^[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}( +[0-9]{{1,2}}:[0-9]{{2}}(:[0-9]{{2}})?)? *$'"
        f" THEN CASE WHEN pg_input_is_valid({iso}, 'timestamp') THEN ({iso})::timestamp AT TIME ZONE {zone} END END"
    )


def number(sql_type: str) -> Parser:
    """A number with thousands commas, a currency sign or 元/分 after it; ``sql_type`` as in ``numeric(12,2)``."""

    def parse(x: str) -> str:
        plain = f"translate({x}, {literal(_WIDE_DIGITS + '．－¥￥$,，元分 ')}, '0123456789.-')"
        ok = f"{plain} ~ '^[+-]?[0-9]+([.][0-9]*)?$'"
        return (
            f"CASE WHEN {ok} THEN CASE WHEN pg_input_is_valid({plain}, {literal(sql_type)})"
            f" THEN ({plain})::{sql_type} END END"
        )

    return parse


def choice(words: Mapping[str, str]) -> Parser:
    """One of ``words`` (lower case) → stored value."""

    def parse(x: str) -> str:
        cases = " ".join(f"WHEN {literal(word)} THEN {literal(value)}" for word, value in words.items())
        return f"CASE lower({x}) {cases} END"

    return parse


def several(x: str) -> str:
    """Several words in a cell, whatever separates them → text[]."""
    return f"string_to_array(translate({x}, E';；,，、|｜\\n\\r', E'\\x1f\\x1f\\x1f\\x1f\\x1f\\x1f\\x1f\\x1f\\x1f'), E'\\x1f')"


def mainland_mobile(x: str) -> str:
    """E.164 of what is a mainland mobile beyond doubt; NULL leaves the rest to Python (M3)."""
    noise = literal(_WIDE_DIGITS + "＋" + " -()（）.·'’‘`　\u200b\ufeff\u00a0")
    digits = f"translate({x}, {noise}, '0123456789+')"
    return f"CASE WHEN {digits} ~ '^([+]?86|0086)?1[3-9][0-9]{{9}}$' THEN '+86' || right({digits}, 11) END"
