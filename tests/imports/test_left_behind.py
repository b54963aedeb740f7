"""M2, M5: no import is stuck for ever, and nothing personal outlives its time."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import storages
from django.db import connection
from import_export.tmp_storages import MediaStorage

from apps.core.clock import database_now
from apps.core.errors import WrongState
from apps.imports.models import ImportJob
from apps.imports.services import working
from apps.imports.services.jobs import RETENTION, confirm, set_format, set_mapping
from apps.imports.services.leases import claim_next
from apps.imports.services.retention import purge
from apps.imports.services.working import MAX_ATTEMPTS, work_next
from community_ops import settings as product
from tests.imports.conftest import run_check, upload

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = "手机号,昵称\n13800138000,甲\nx,乙\n"


def _tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE tablename ~ '^import_(raw|rows|notes)_'")
        return [row[0] for row in cursor.fetchall()]


def test_a_written_import_ends_although_its_report_cannot_be_made(monkeypatch):
    def full_disk(**_kwargs):
        raise OSError("No space left on device")

    monkeypatch.setattr(working, "write_error_file", full_disk)
    job = upload(ROWS)
    confirm(job=job, actor=None)
    for _try in range(MAX_ATTEMPTS + 1):
        work_next(job_id=job.pk)
        ImportJob.objects.filter(pk=job.pk).update(leased_until=None)
    job.refresh_from_db()
    assert (job.state, job.created_count, job.rejected_count) == ("done", 1, 1)
    assert not job.error_file
    assert job.failure.startswith("数据已经写入")


def test_the_staged_rows_of_a_forgotten_check_are_dropped():
    job = run_check(ROWS)
    assert job.state == "checked"
    assert _tables()
    now = database_now()
    purge(now=now)
    assert _tables(), "it may still be confirmed"
    purge(now=now + RETENTION + timedelta(days=1))
    job.refresh_from_db()
    assert _tables() == []
    assert job.state == "cancelled"


def test_a_page_from_before_cannot_change_a_job_that_is_under_way():
    stale = upload(ROWS)
    job = ImportJob.objects.get(pk=stale.pk)
    confirm(job=job, actor=None)
    with pytest.raises(WrongState):
        set_format(job=stale, encoding="gb18030", delimiter=";", actor=None)
    with pytest.raises(WrongState):
        set_mapping(job=stale, mapping={"1": "phone"}, actor=None)
    job.refresh_from_db()
    assert (job.state, job.delimiter, job.mapping) == ("queued", ",", {"0": "phone", "1": "nickname"})


def test_a_job_that_must_wait_its_turn_keeps_no_worker():
    """Two long imports would else hold both processes of a small worker, and posts would be missed."""
    first, second = upload(ROWS), upload(ROWS.replace("13800138000", "13800138001"))
    for job in (first, second):
        confirm(job=job, actor=None)
    assert claim_next() is not None
    assert work_next() is None
    assert work_next(job_id=second.pk) is None
    ImportJob.objects.filter(pk=first.pk).update(leased_until=None)
    assert [work_next().pk, work_next().pk] == [first.pk, second.pk]


def test_the_file_of_a_plain_import_that_nobody_confirmed_is_private_and_goes():
    storage = MediaStorage()
    storage.save("手机号\n13800138000\n".encode())
    path = Path(storages["import_export"].path(storage.get_full_path()))
    assert path.is_relative_to(settings.PRIVATE_ROOT)
    # The tests' own settings must not be all that makes it so.
    assert product.STORAGES["import_export"] == product.STORAGES["private"]
    purge(now=database_now())
    assert path.exists()
    purge(now=database_now() + timedelta(days=2))
    assert not path.exists()
