"""``manage.py import_members FILE``: the wizard's pipeline from a terminal."""

import json
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import DomainError
from apps.core.sentences import listed
from apps.imports.enums import Delimiter, Encoding, JobState, Level
from apps.imports.models import ImportJob
from apps.imports.services.jobs import confirm, create_job, start_check
from apps.imports.services.problems import describe
from apps.imports.services.targets import get_target
from apps.imports.services.working import work_next

_COUNTS = ("read", "created", "updated", "unchanged", "rejected")


class Command(BaseCommand):
    help = "Import members from a CSV or Excel file. The last line of the output is a JSON object."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="write nothing, only say what would be")
        parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
        parser.add_argument("--encoding", choices=Encoding.values, default="", help="default: detected")
        parser.add_argument("--delimiter", choices=Delimiter.values, default="", help="default: detected")
        parser.add_argument("--as-user", default="", help="import with the rights of this user")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        try:
            actor = self._actor(options["as_user"])
            with options["file"].open("rb") as file:
                job = create_job(
                    target=get_target("members"),
                    file=file,
                    name=options["file"].name,
                    actor=actor,
                    encoding=options["encoding"],
                    delimiter=options["delimiter"],
                )
            job = self._run(job, actor, dry_run=options["dry_run"])
        except OSError as error:
            raise CommandError(
                _("打不开文件 %(file)s：%(why)s") % {"file": options["file"], "why": error.strerror},
                returncode=2,
            ) from error
        except DomainError as error:
            raise CommandError(str(error), returncode=2) from error
        if job.state == JobState.FAILED:
            raise CommandError(job.failure, returncode=2)
        counts, problems = self._result(job, dry_run=options["dry_run"])
        result = {
            **counts,
            "seconds": round(time.monotonic() - started, 3),
            "error_file": job.error_file.path if job.error_file else None,
        }
        if not options["json"]:
            self._tell(job, result, problems, dry_run=options["dry_run"])
        self.stdout.write(json.dumps(result, ensure_ascii=False))

    def _actor(self, username: str) -> User | None:
        if not username:
            return None
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise DomainError(_("没有用户 %(name)s。") % {"name": username})
        return user

    def _run(self, job: ImportJob, actor: User | None, *, dry_run: bool) -> ImportJob:
        """Bring the job to its end here. Killed half way, it is a job like any other: a worker resumes it."""
        if dry_run:
            start_check(job=job, actor=actor)
        else:
            confirm(job=job, actor=actor)
        while True:
            worked = work_next(job_id=job.pk)
            job.refresh_from_db()
            if job.state in {JobState.CHECKED, JobState.DONE, JobState.FAILED, JobState.CANCELLED}:
                return job
            if worked is None:
                time.sleep(0.5)  # a worker was quicker: it is in good hands

    def _result(self, job: ImportJob, *, dry_run: bool) -> tuple[dict[str, int], list[dict[str, Any]]]:
        if dry_run:
            counts = job.preview["counts"]
            return {name: counts[name] for name in _COUNTS}, job.preview["problems"]
        return {name: getattr(job, f"{name}_count") for name in _COUNTS}, job.problems

    def _tell(
        self, job: ImportJob, result: dict[str, Any], problems: list[dict[str, Any]], *, dry_run: bool
    ) -> None:
        if dry_run:
            self.stdout.write(_("预检：没有写入任何数据。"))
        self.stdout.write(
            _(
                "%(name)s：读取 %(read)d 行 = 新增 %(created)d + 更新 %(updated)d + 未变 %(unchanged)d + 拒绝 %(rejected)d"
            )
            % {"name": job.original_name, **result}
        )
        for problem in describe(get_target(job.target), problems):
            self.stdout.write(
                _("  [%(level)s] %(count)d 行 %(what)s（第 %(rows)s 行…）")
                % {
                    "level": Level(problem["level"]).label,
                    "count": problem["count"],
                    "what": " ".join(filter(None, (problem["column"], problem["text"], problem["hint"]))),
                    "rows": listed(example["row"] for example in problem["examples"]),
                }
            )
        if result["error_file"]:
            self.stdout.write(
                _("被拒绝的行在 %(file)s，改正后可以原样再导入。") % {"file": result["error_file"]}
            )
