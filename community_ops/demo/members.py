"""A few hundred members, through the import pipeline that the wizard uses.

The file is written as Excel in China writes it (GBK, no BOM), with join times relative to now, and with a
handful of rows as people mistype them, so that the first job on the list has something to show.
"""

import csv
import io
import random
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils import timezone

from apps.accounts.models import User
from apps.groups.models import Group
from apps.imports.enums import JobState
from apps.imports.models import ImportJob
from apps.imports.services.jobs import confirm, create_job
from apps.imports.services.targets import get_target
from apps.imports.services.working import work_next

COUNT = 420
#: Friends whom members brought in the last days, while the demo's campaigns were on.
NEWCOMERS = 130
NEWCOMERS_WITHIN = timedelta(hours=62)
#: The members who brought them: the first of the file, some many and most a few.
INVITERS = 60
#: The groups of the campaigns, where newcomers come in.
_FRONT = 8
_HEADER = ("昵称", "手机号", "性别", "生日", "城市", "来源渠道", "标签", "会员等级", "积分", "累计消费",
           "入群时间", "所在社群", "邀请人手机", "备注")  # fmt: skip
_FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰涛明超秀兰霞平刚桂英华玉萍红娟梅琳晨宇欣怡佳"
_CITIES = ("上海", "杭州", "南京", "苏州", "广州", "深圳", "长沙", "武汉")
_SOURCES = ("门店扫码", "公众号", "老带新", "包裹卡", "线下沙龙", "朋友圈海报")
_TAGS = ("宝妈", "咖啡", "萌宠", "美妆", "水果控", "价格敏感", "早餐", "健身", "露营", "潮玩")
_TIERS = ("普通", "普通", "普通", "银卡", "银卡", "金卡", "黑卡")


def demo_file(groups: list[str], *, now: datetime, count: int = COUNT) -> bytes:
    """The file's bytes. The same for the same groups and day; phones are made up, in one row of numbers."""
    dice = random.Random(20260101)  # noqa: S311 - sample data, not secrets
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_HEADER)
    today = timezone.localtime(now).replace(minute=0, second=0, microsecond=0)
    for number in range(1, count + 1):
        joined = today - timedelta(days=int(dice.triangular(0, 180, 20)), hours=dice.randrange(24))
        tags = dice.sample(_TAGS, dice.choice((0, 1, 1, 2, 3)))
        writer.writerow(
            (
                dice.choice(_FAMILY) + "".join(dice.sample(_GIVEN, dice.choice((1, 1, 2)))),
                _phone(number) if number % 97 else f"1990000{number}",  # too short: ends up in the error file
                dice.choice(("男", "女", "女", "")),
                f"{dice.randrange(1960, 2006)}-{dice.randrange(1, 13):02}-{dice.randrange(1, 29):02}",
                dice.choice(_CITIES),
                dice.choice(_SOURCES),
                "、".join(tags),
                dice.choice(_TIERS),
                dice.randrange(0, 5000),
                f"{dice.lognormvariate(6, 1):.2f}",
                f"{joined:%Y-%m-%d %H:%M}",
                _group(groups, number, dice),
                _phone(dice.randrange(1, number)) if number > 20 and dice.random() < 0.3 else "",
                "",
            )
        )
    writer.writerows(_newcomers(groups, now, first=count + 1))
    return text.getvalue().encode("gb18030")


def _newcomers(groups: list[str], now: datetime, *, first: int) -> Iterator[tuple[str, ...]]:
    dice = random.Random(20260318)  # noqa: S311 - sample data, not secrets
    for number in range(first, first + NEWCOMERS):
        hours = dice.uniform(0.5, NEWCOMERS_WITHIN / timedelta(hours=1) - 0.5)
        joined = timezone.localtime(now - timedelta(hours=hours))
        yield (
            dice.choice(_FAMILY) + "".join(dice.sample(_GIVEN, 2)),
            _phone(number) if number % 97 else f"1980000{number:04}",
            dice.choice(("男", "女", "")),
            "",
            dice.choice(_CITIES),
            "老带新",
            "",
            "普通",
            "0",
            "0.00",
            f"{joined:%Y-%m-%d %H:%M}",
            groups[dice.randrange(min(_FRONT, len(groups)))],
            _phone(1 + int(dice.triangular(0, INVITERS - 0.01, 6))),
            "",
        )


def _group(groups: list[str], number: int, dice: random.Random) -> str:
    """Everybody's group: each has some members, and a few have many."""
    if number % 2:
        return groups[number // 2 % len(groups)]
    return groups[int(dice.triangular(0, len(groups) - 0.01, 5))]


def load_members(*, actor: User, now: datetime) -> ImportJob:
    """Import the file as ``actor`` in this process; returns the finished job."""
    groups = list(Group.objects.visible_to(actor).order_by("pk").values_list("name", flat=True))
    job = create_job(
        target=get_target("members"),
        file=io.BytesIO(demo_file(groups, now=now)),
        name="演示成员名单.csv",
        actor=actor,
    )
    confirm(job=job, actor=actor)
    while job.state not in {JobState.DONE, JobState.FAILED, JobState.CANCELLED}:
        if work_next(job_id=job.pk) is None:
            time.sleep(0.2)  # a worker that is up was quicker: the job is in good hands
        job.refresh_from_db()
    return job


def _phone(number: int) -> str:
    return f"199{number:08}"
