"""M2: a worker killed anywhere, a cancel, a lost lease: the import ends as if nothing had happened, or not at all."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from apps.core.clock import database_now
from apps.groups.models import Membership
from apps.imports.models import Change, ImportJob
from apps.imports.services import working
from apps.imports.services.jobs import cancel, confirm, start_check
from apps.imports.services.leases import LeaseLost, claim_next, held
from apps.imports.services.running import Tables
from apps.imports.services.working import work_next
from apps.members.models import Member, PointsEntry
from tests.imports.conftest import DATA, counts, run_import, upload
from tests.imports.test_undo import world

pytestmark = [pytest.mark.django_db(transaction=True)]

GBK = DATA / "members_excel_gbk.csv"
ROOT = Path(__file__).parent.parent.parent
WORKER = """
import sys, django
from django.db import connection
django.setup()
connection.settings_dict["NAME"] = sys.argv[1]
from apps.imports.services.working import work_next
work_next(job_id=int(sys.argv[2]))
"""


def work_in_another_process(job: ImportJob, failpoint: str) -> int:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "community_ops.settings",
        "PRIVATE_ROOT": str(settings.PRIVATE_ROOT),
        "FAILPOINT": failpoint,
    }
    command = [sys.executable, "-c", WORKER, connection.settings_dict["NAME"], str(job.pk)]
    return subprocess.run(command, cwd=ROOT, env=environment, timeout=120).returncode


def queued(path: Path = GBK) -> ImportJob:
    job = upload(path)
    confirm(job=job, actor=None)
    return job


def time_passes(job: ImportJob) -> None:
    """The lease of the dead worker runs out."""
    ImportJob.objects.filter(pk=job.pk).update(leased_until=timezone.now() - timedelta(seconds=1))


@pytest.mark.processes
@pytest.mark.parametrize("failpoint", ["import.staged", "import.batch", "import.written"])
def test_a_killed_worker_changes_nothing_about_the_result(real_groups, failpoint):
    expected = counts(run_import(GBK))
    expected_world = world()
    Member.objects.all().delete()
    type(next(iter(real_groups.values()))).objects.update(member_count=0)

    job = queued()
    assert work_in_another_process(job, failpoint) == -signal.SIGKILL
    job.refresh_from_db()
    assert job.state == "running"
    assert Member.objects.exists() == (failpoint == "import.written")
    assert work_next(job_id=job.pk) is None, "the dead worker's lease still holds"
    time_passes(job)
    job = work_next(job_id=job.pk)
    assert job.state == "done"
    assert counts(job) == expected
    assert world() == expected_world
    with job.error_file.open() as file:
        assert file.read().count("问题".encode()) == 1
    assert PointsEntry.objects.count() == len({entry.member_id for entry in PointsEntry.objects.all()})


def test_staging_tables_lost_in_a_crash_are_loaded_again(real_groups):
    job = upload(GBK)
    start_check(job=job, actor=None)
    work_next(job_id=job.pk)
    with connection.cursor() as cursor:
        # What PostgreSQL does to unlogged tables when it comes back from a crash.
        cursor.execute(f"TRUNCATE {Tables.of(job.pk).raw}, {Tables.of(job.pk).rows}")
    job.refresh_from_db()
    expected = job.preview["counts"]
    confirm(job=job, actor=None)
    assert counts(work_next(job_id=job.pk)) == expected


def test_a_cancel_during_the_run_leaves_nothing(real_groups):
    job = queued()
    ImportJob.objects.filter(pk=job.pk).update(cancel_requested_at=database_now())
    job = work_next(job_id=job.pk)
    assert job.state == "cancelled"
    assert job.read_count == 0
    assert not Member.objects.exists()
    assert not Membership.objects.exists()
    assert not Change.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [Tables.of(job.pk).raw])
        assert cursor.fetchone()[0] is None


def test_a_cancel_of_a_leased_job_is_heard_by_its_worker():
    job = queued()
    claim_next(job_id=job.pk)
    job = cancel(job=job, actor=None)
    assert (job.state, job.cancel_requested_at is None) == ("queued", False)
    time_passes(job)
    assert work_next(job_id=job.pk).state == "cancelled"


def test_a_job_is_given_to_one_worker():
    job = queued()
    assert claim_next() is not None
    assert claim_next() is None
    time_passes(job)
    again = claim_next()
    assert again is not None
    assert again[1] == 2, "with a new fencing token"


def test_a_worker_that_lost_its_lease_writes_nothing(real_groups):
    job = queued()
    job, token = claim_next(job_id=job.pk)
    time_passes(job)
    claim_next(job_id=job.pk)
    with held(job_id=job.pk, token=token) as lease, pytest.raises(LeaseLost):
        working._work(job, lease)
    assert not Member.objects.exists()


def test_a_job_that_kills_its_workers_is_given_up_with_a_sentence():
    job = queued()
    ImportJob.objects.filter(pk=job.pk).update(attempt_count=working.MAX_ATTEMPTS)
    job = work_next(job_id=job.pk)
    assert job.state == "failed"
    assert "多次中断" in job.failure


def test_the_progress_is_seen_from_outside_while_the_transaction_is_open(real_groups, monkeypatch):
    seen = []
    real = working.write_rows

    def watch(*, run, target, lease):
        result = real(run=run, target=target, lease=lease)
        beside = connection.copy()
        with beside.cursor() as cursor:
            cursor.execute("SELECT phase, progress_done, progress_total FROM imports_importjob")
            seen.append(cursor.fetchone())
            cursor.execute("SELECT count(*) FROM members_member")
            seen.append(cursor.fetchone()[0])
        beside.close()
        return result

    monkeypatch.setattr(working, "write_rows", watch)
    run_import(GBK)
    (phase, done, total), visible = seen
    assert phase == "finishing"
    assert done == total > 0
    assert visible == 0, "all or nothing"
