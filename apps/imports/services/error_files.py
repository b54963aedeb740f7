"""The file of rejected rows: corrected by a person, it is uploaded again as it is."""

import tempfile
from collections.abc import Iterator

from django.core.files import File

from apps.core.spreadsheets import restore, write_csv
from apps.imports.models import ImportJob
from apps.imports.selectors.files import PROBLEM_HEADER, data_width
from apps.imports.services.problems import rejected_rows
from apps.imports.services.running import Tables
from apps.imports.services.targets import Target


def write_error_file(*, job: ImportJob, target: Target, token: int) -> str:
    """Write the rejected rows with the columns of the upload and a last column 问题; returns its name.

    UTF-8 with a byte-order mark, whatever the upload was, so that no character is lost. Would-be formulas
    are neutralised and come back as they went (S5); the last column is ignored by the next upload.
    """
    width = data_width(job.headers)
    with tempfile.TemporaryFile() as file:
        write_csv(file, [*job.headers[:width], PROBLEM_HEADER], _lines(target, job.pk, width))
        file.seek(0)
        return job.error_file.storage.save(
            job.error_file.field.generate_filename(job, f"errors-{job.pk}-{token}.csv"), File(file)
        )


def _lines(target: Target, job_id: int, width: int) -> Iterator[list[str]]:
    for cells, extra, problem in rejected_rows(target, Tables.of(job_id), width):
        # A cell of a neutralised upload is restored first, or each round would add an apostrophe.
        yield [*map(restore, cells), problem, *map(restore, extra)]
