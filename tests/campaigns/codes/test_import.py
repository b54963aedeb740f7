"""Codes from a file of any kind, by the import engine: each row accounted for (M1), and a way back (M2)."""

import io

import pytest

from apps.accounts.models import Team
from apps.campaigns.enums import BenefitKind
from apps.campaigns.models import Code
from apps.core.clock import database_now
from apps.imports.models import ImportJob
from apps.imports.services.jobs import confirm, create_job, request_undo
from apps.imports.services.targets import get_target
from apps.imports.services.working import work_next
from tests.campaigns.factories import make_benefit
from tests.imports.conftest import counts

pytestmark = pytest.mark.django_db


def run_import(text: str, *, actor=None) -> ImportJob:
    job = create_job(
        target=get_target("codes"), file=io.BytesIO(text.encode("gb18030")), name="码.csv", actor=actor
    )
    confirm(job=job, actor=actor)
    return work_next(job_id=job.pk)


@pytest.fixture
def pool():
    return make_benefit(BenefitKind.CODE, name="月卡")


def test_each_row_is_accounted_for(pool):
    Code.objects.create(benefit=pool, value="A0")
    rows = ["月卡,A1", "月卡,A2", "月卡,A1", "月卡,A0", "没有的,A3", ",A4", "月卡,", f"月卡,{'x' * 121}"]
    job = run_import("礼品,卡密\n" + "\n".join(rows) + "\n")
    assert job.state == "done", job.failure
    assert set(Code.objects.values_list("value", flat=True)) == {"A0", "A1", "A2"}
    found = counts(job)
    assert (found["created"], found["rejected"]) == (2, 4)
    assert found["read"] == 8 == sum(found[name] for name in ("created", "updated", "unchanged", "rejected"))


def test_two_pools_of_one_name_are_not_guessed(pool):
    make_benefit(BenefitKind.CODE, name="月卡")
    assert counts(run_import("礼品,码\n月卡,A1\n"))["rejected"] == 1
    assert not Code.objects.exists()


def test_other_teams_pools_are_not_filled(pool, make_user, team):
    operator = make_user("operator", "group_operator", team)
    assert counts(run_import("礼品,码\n月卡,A1\n", actor=operator))["rejected"] == 1
    pool.team = team
    pool.save()
    assert counts(run_import("礼品,码\n月卡,A1\n", actor=operator))["created"] == 1
    pool.team = Team.objects.create(name="华南组")
    pool.save()
    assert counts(run_import("礼品,码\n月卡,A2\n", actor=operator))["rejected"] == 1


def test_an_undo_takes_back_what_nobody_has_got(pool):
    job = run_import("礼品,码\n月卡,A1\n月卡,A2\n")
    Code.objects.filter(value="A1").update(taken_at=database_now(), grant_id=1)
    request_undo(job=job, actor=None, now=database_now(), reason="导错了")
    done = work_next(job_id=job.pk)
    assert done.state == "undone", done.failure
    assert list(Code.objects.values_list("value", flat=True)) == ["A1"]
    assert done.undo["kept"] == 1
