"""Files, groups and jobs for the tests of the import engine."""

import csv
import io
from pathlib import Path

import pytest

from apps.accounts.models import Team
from apps.groups.models import Group
from apps.imports.models import ImportJob
from apps.imports.services.jobs import confirm, create_job, start_check
from apps.imports.services.targets import get_target
from apps.imports.services.working import work_next

DATA = Path(__file__).parent.parent / "data"


@pytest.fixture
def real_groups(db: None) -> dict[str, Group]:
    """The sixty groups of ``groups.csv`` in two teams."""
    teams = [Team.objects.create(name=name) for name in ("一组", "二组")]
    with (DATA / "groups.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    Group.objects.bulk_create(
        Group(name=row["群名称"], kind="interest", capacity=int(row["容量"]), team=teams[number % 2])
        for number, row in enumerate(rows)
    )
    return {group.name: group for group in Group.objects.all()}


def upload(content: bytes | str | Path, *, actor=None, name: str = "成员.csv", **options) -> ImportJob:
    if isinstance(content, Path):
        content, name = content.read_bytes(), content.name
    if isinstance(content, str):
        content = content.encode()
    return create_job(
        target=get_target("members"), file=io.BytesIO(content), name=name, actor=actor, **options
    )


def run_import(content: bytes | str | Path, *, actor=None, **options) -> ImportJob:
    """Upload, import, and return the job at rest."""
    job = upload(content, actor=actor, **options)
    confirm(job=job, actor=actor)
    return work_next(job_id=job.pk)


def run_check(content: bytes | str | Path, *, actor=None, **options) -> ImportJob:
    job = upload(content, actor=actor, **options)
    start_check(job=job, actor=actor)
    return work_next(job_id=job.pk)


def counts(job: ImportJob) -> dict[str, int]:
    return {
        name: getattr(job, f"{name}_count")
        for name in ("read", "created", "updated", "unchanged", "rejected")
    }
