"""``manage.py demo [--if-empty | --reset] [--show-logins]``: demo data. Refuses production."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.core.clock import database_now
from community_ops.demo.load import is_loaded, load_demo
from community_ops.demo.people import log_ins
from community_ops.demo.reset import empty_tables


class Command(BaseCommand):
    help = "载入演示数据:团队、各角色一名用户、通道、社群、成员、帖子。 Load the demo data."

    def add_arguments(self, parser: ArgumentParser) -> None:
        how = parser.add_mutually_exclusive_group()
        how.add_argument(
            "--if-empty", action="store_true", help="已有数据就什么也不做 Nothing if there is data"
        )
        how.add_argument("--reset", action="store_true", help="先清空我们的全部表 Empty all our tables first")
        parser.add_argument("--show-logins", action="store_true", help="只列出登录账号 Only list the log-ins")
        parser.add_argument("--noinput", action="store_true", help="不询问 Ask nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError(
                "这是生产环境(PRODUCTION=1),不载入演示数据。 Refused in production: demo users have known passwords."
            )
        if options["show_logins"]:
            self._show_log_ins()
            return
        if options["if_empty"] and is_loaded():
            return
        if options["reset"]:
            self._reset(ask=not options["noinput"])
        load_demo(now=database_now(), say=lambda text: self.stdout.write(f"  · {text}"))
        self._show_log_ins()

    def _reset(self, *, ask: bool) -> None:
        import sys

        if ask and sys.stdin.isatty():
            self.stdout.write(
                "这会删除全部成员、社群、帖子和用户。 This deletes all members, groups, posts and users."
            )
            if input("继续请输入 yes: ") != "yes":
                raise CommandError("没有改动。 Nothing was changed.")
        empty_tables()

    def _show_log_ins(self) -> None:
        for line in log_ins():
            self.stdout.write(line)
