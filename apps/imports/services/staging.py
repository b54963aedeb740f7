"""From a file to checked rows in staging tables: decode → COPY → set-based parsing and rules.

Staging tables are UNLOGGED: they are fast, survive a killed worker, and may vanish when PostgreSQL itself
crashes, in which case they are loaded again (M2). They hold personal data and are dropped with the job.
"""

import csv
import io
from collections.abc import Iterator

from django.db import connection, transaction

from apps.core.errors import DomainError
from apps.core.spreadsheet_files import Format, read_rows
from apps.imports.enums import Outcome, Phase
from apps.imports.models import ImportJob
from apps.imports.selectors.files import data_width
from apps.imports.services.columns import cleaned, literal
from apps.imports.services.leases import Lease
from apps.imports.services.problems import rejecting_codes
from apps.imports.services.running import CARRIERS, LATE, REPEATS, Run, Tables
from apps.imports.services.targets import Column, Target

_FLUSH = 1 << 18
_BEAT_ROWS = 20_000


def load_raw(*, job: ImportJob, lease: Lease) -> int:
    """Fill the raw table from the job's file, unless it is there already; returns the rows read (M1)."""
    tables = Tables.of(job.pk)
    staged = job.options.get("staged_rows")
    if staged is not None and _count(tables.raw) == staged:
        return int(staged)
    width = data_width(job.headers)
    columns = "".join(f", c{index} text" for index in range(width))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {tables.raw}")
        cursor.execute(f"CREATE UNLOGGED TABLE {tables.raw} (row_no integer, extra text{columns})")
        count = 0
        with cursor.copy(f"COPY {tables.raw} FROM STDIN (FORMAT csv, ENCODING 'UTF8')") as copy:
            for chunk, rows, place in _chunks(job, width):
                copy.write(chunk)
                count = rows
                lease.beat(phase=Phase.STAGING, done=place, total=job.size)
        # In the same transaction: the table is complete if and only if the count is there.
        job.options = {**job.options, "staged_rows": count}
        ImportJob.objects.filter(pk=job.pk, lease_token=lease.token).update(options=job.options)
    return count


def _chunks(job: ImportJob, width: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield (COPY data, rows so far, bytes of the file read)."""
    how = Format(kind=job.file_kind, encoding=job.encoding, delimiter=job.delimiter)
    header_row = job.options["header_row"]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    count, pad, full = 0, [""] * width, len(job.headers)
    with job.file.open("rb") as file:
        for number, row in read_rows(file, how):
            if number <= header_row:
                continue
            extra = None
            if len(row) != width:
                if len(row) > width:
                    if any(cell.strip() for cell in row[full:]):
                        extra = "\x1f".join(row[full:])
                    del row[width:]
                    if not any(cell and not cell.isspace() for cell in row) and extra is None:
                        continue
                else:
                    row += pad[len(row) :]
            writer.writerow((number, extra, *row))
            count += 1
            if buffer.tell() > _FLUSH or count % _BEAT_ROWS == 0:
                yield buffer.getvalue().encode(), count, file.tell()
                buffer.seek(0)
                buffer.truncate()
    yield buffer.getvalue().encode(), count, job.size


def parse_rows(*, job: ImportJob, target: Target, run: Run, lease: Lease) -> None:
    """Fill the rows and notes tables from the raw one: parsed values, problems, passes, rejections."""
    tables = run.tables
    places = {key: f"c{index}" for index, key in job.mapping.items()}
    lease.beat(phase=Phase.CHECKING, done=1, total=5)
    with transaction.atomic():
        run.execute(f"DROP TABLE IF EXISTS {tables.rows}, {tables.notes}")
        run.execute(f"CREATE UNLOGGED TABLE {tables.notes} (row_no integer, code text, value text)")
        run.execute(_rows_sql(tables, target, places), {"now": run.now})
        run.execute(f"ALTER TABLE {tables.rows} ADD PRIMARY KEY (row_no)")
        lease.beat(phase=Phase.CHECKING, done=2, total=5)
        for column in target.columns:
            if column.key in places and column.slow:
                _parse_slowly(run, column, places[column.key], lease)
        _note_flags(run, places)
        lease.beat(phase=Phase.CHECKING, done=3, total=5)
        run.note(
            "ragged",
            f"SELECT row_no, left(replace(extra, E'\\x1f', ' '), 80) FROM {tables.raw} WHERE extra IS NOT NULL",
        )
        for rule in target.rules:
            run.note(rule.code, f"SELECT r.row_no, NULL FROM {run.rows} r WHERE {rule.condition}")
        for step in target.steps_for(run.mapped):
            step.identify(run)
        _set_passes(run, target)
        lease.beat(phase=Phase.CHECKING, done=4, total=5)
        run.execute(
            f"UPDATE {run.rows} SET outcome = {Outcome.REJECTED.value}"
            f" WHERE row_no IN (SELECT row_no FROM {tables.notes} WHERE code = ANY(%s))",
            [rejecting_codes(target)],
        )
        run.execute(f"CREATE INDEX ON {run.rows} (pass, row_no) WHERE pass > 1")
        run.execute(f"ANALYZE {run.rows}")


def drop_tables(*, job_id: int) -> None:
    """Drop the job's staging tables, if they exist."""
    tables = Tables.of(job_id)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {tables.raw}, {tables.rows}, {tables.notes}")


def _rows_sql(tables: Tables, target: Target, places: dict[str, str]) -> str:
    """CREATE TABLE … AS SELECT: every column of the target parsed, with a flag for each cell that is wrong.

    Flags, each between blanks: ``key!`` unreadable, ``key?`` not valid, ``key~`` cut. ``OFFSET 0`` keeps PostgreSQL from pulling
    the subqueries up and computing each expression several times.
    """
    tidied, parsed, final, flags = [], [], [], []
    trimmed = ", ".join(f"{cleaned(place)} AS {place}" for place in sorted(set(places.values())))
    for column in target.columns:
        key = column.key
        place = places.get(key)
        if place is None:
            final.append(f"NULL::{column.sql_type} AS {key}")
            continue
        tidied.append(f"{place} AS {key}__text")
        source = f"{key}__text"
        if column.tidy:
            tidied.append(f"{column.tidy(place)} AS {key}__tidy")
            source = f"{key}__tidy"
        parsed.append(f"({column.parse(source)})::{column.sql_type} AS {key}, {key}__text")
        value = f"q.{key}"
        if column.valid:
            good = column.valid(value)
            flags.append(f"CASE WHEN {value} IS NOT NULL AND NOT ({good}) THEN ' {key}? ' END")
            value = f"CASE WHEN {good} THEN {value} END"
        flags.append(f"CASE WHEN q.{key}__text IS NOT NULL AND q.{key} IS NULL THEN ' {key}! ' END")
        if column.max_length:
            flags.append(f"CASE WHEN length(q.{key}__text) > {column.max_length} THEN ' {key}~ ' END")
        if column.silent:
            value = f"NULLIF({value}, {literal(column.silent)})"
        final.append(f"{value} AS {key}")
    layers = f"SELECT row_no, {trimmed} FROM {tables.raw} OFFSET 0"
    layers = f"SELECT row_no, {', '.join(tidied)} FROM ({layers}) t OFFSET 0"
    layers = f"SELECT row_no, {', '.join(parsed)} FROM ({layers}) p OFFSET 0"
    # Every row is updated once while it is written: room in its page spares the index.
    return (
        f"CREATE UNLOGGED TABLE {tables.rows} WITH (fillfactor = 55) AS SELECT row_no, {', '.join(final)},"
        f" NULLIF(concat({', '.join(flags)}), '') AS flags, {CARRIERS}::smallint AS pass, row_no AS carrier,"
        f" {Outcome.PENDING.value}::smallint AS outcome, NULL::bigint AS target_id FROM ({layers}) q"
    )


def _parse_slowly(run: Run, column: Column, place: str, lease: Lease) -> None:
    """Give the cells that SQL could not read to the column's Python parser, each distinct text once."""
    texts = run.fetch(
        f"SELECT DISTINCT {cleaned(f't.{place}')} FROM {run.rows} r JOIN {run.tables.raw} t USING (row_no)"
        f" WHERE strpos(r.flags, ' {column.key}! ') > 0"
    )
    assert column.slow is not None
    good = []
    for number, (text,) in enumerate(texts):
        if number % 5_000 == 4_999:
            lease.beat(phase=Phase.CHECKING, done=2, total=5)
        try:
            good.append((text, column.slow(text)))
        except DomainError:
            continue
    if good:
        run.execute(
            f"UPDATE {run.rows} r SET {column.key} = m.value::{column.sql_type},"
            f" flags = NULLIF(replace(r.flags, ' {column.key}! ', ''), '')"
            f" FROM {run.tables.raw} t, unnest(%s::text[], %s::text[]) AS m(text, value)"
            f" WHERE t.row_no = r.row_no AND strpos(r.flags, ' {column.key}! ') > 0 AND {cleaned(f't.{place}')} = m.text",
            [[text for text, _ in good], [value for _, value in good]],
        )


def _note_flags(run: Run, places: dict[str, str]) -> None:
    """One note per flag, with the cell as it stands in the file."""
    cells = " ".join(f"WHEN {literal(key)} THEN t.{place}" for key, place in places.items())
    run.execute(
        f"INSERT INTO {run.tables.notes} (row_no, code, value)"
        " SELECT s.row_no, s.key || CASE s.sign WHEN '!' THEN '.unreadable' WHEN '?' THEN '.invalid' ELSE '.cut' END,"
        f" left(CASE s.key {cells} END, 80) FROM (SELECT r.row_no, left(f.flag, -1) AS key, right(f.flag, 1) AS sign"
        f"   FROM {run.rows} r CROSS JOIN LATERAL unnest(string_to_array(r.flags, ' ')) AS f(flag)"
        f"   WHERE r.flags IS NOT NULL AND f.flag <> '') s JOIN {run.tables.raw} t USING (row_no)"
    )


def _set_passes(run: Run, target: Target) -> None:
    """Find rows about the same thing and merge them into the first, its carrier.

    Field by field the last value that a row of the file gives holds, so that reading the file again changes
    nothing. Rejected rows take no part. Late rows come in passes of their own, after all others.
    """
    merged = [column.key for column in target.columns if column.is_merged]
    lasts = ", ".join(
        f"(array_agg(r.{key} ORDER BY r.row_no DESC) FILTER (WHERE r.{key} IS NOT NULL))[1] AS {key}"
        for key in merged
    )
    run.execute(
        f"WITH live AS MATERIALIZED (SELECT r.row_no, {target.identity} AS key FROM {run.rows} r WHERE NOT EXISTS"
        f"   (SELECT 1 FROM {run.tables.notes} n WHERE n.row_no = r.row_no AND n.code = ANY(%(rejecting)s))),"
        " found AS MATERIALIZED (SELECT key, min(row_no) AS first FROM live WHERE key IS NOT NULL"
        "   GROUP BY key HAVING count(*) > 1),"
        " pairs AS MATERIALIZED (SELECT row_no, first FROM live JOIN found USING (key)),"
        f" noted AS (INSERT INTO {run.tables.notes} SELECT row_no, 'repeated', first::text FROM pairs"
        "   WHERE row_no <> first),"
        f" whole AS (SELECT p.first, {lasts} FROM pairs p JOIN {run.rows} r USING (row_no) GROUP BY p.first)"
        f" UPDATE {run.rows} r SET carrier = s.carrier, pass = CASE WHEN s.carrier = r.row_no THEN {CARRIERS}"
        f"   ELSE {REPEATS} END, {', '.join(f'{key} = CASE WHEN s.carrier = r.row_no THEN s.{key} ELSE r.{key} END' for key in merged)}"
        " FROM (SELECT p.row_no AS place, p.first AS carrier, w.* FROM pairs p"
        "   LEFT JOIN whole w ON w.first = p.row_no) s WHERE s.place = r.row_no",
        {"rejecting": rejecting_codes(target)},
    )
    if target.late != "false":
        run.execute(f"UPDATE {run.rows} r SET pass = pass + {LATE} WHERE {target.late}")


def _count(table: str) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [table])
        if cursor.fetchone()[0] is None:
            return None
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])
