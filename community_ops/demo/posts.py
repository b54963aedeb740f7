"""Posts of the fortnight ahead: some due in the coming minutes, some waiting for approval, drafts, one sent back."""

import io
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.core.files.base import File
from django.utils import timezone
from PIL import Image, ImageDraw

from apps.accounts.models import Notice, User
from apps.accounts.services.notices import mark_read
from apps.content_calendar.models import Material, Post
from apps.content_calendar.services.materials import add_material
from apps.content_calendar.services.posts import write_post
from apps.content_calendar.services.problems import HasProblems
from apps.content_calendar.services.scheduling import approve_post
from apps.content_calendar.services.submission import reject_post, submit_post
from apps.core.pictures import clean_picture
from apps.groups.models import Group
from community_ops.demo import texts
from community_ops.demo.texts import Text

#: Minutes from the load: what a newcomer sees arrive in the simulated chats.
SOON = (2, 3, 4, 6, 8, 11, 15, 20, 26, 33, 41, 50)


class Writer:
    """Writes, submits and approves as the demo's editor and architect, at a moment of its own choosing."""

    def __init__(self, *, author: User, approver: User) -> None:
        self.author = author
        self.approver = approver
        self.by_robot = list(Group.objects.open().exclude(channel__driver="manual").order_by("pk"))
        self.by_hand = list(Group.objects.open().filter(channel__driver="manual").order_by("pk"))

    def groups(self, start: int, count: int) -> list[Group]:
        """``count`` robot groups from place ``start`` on, round and round."""
        return [self.by_robot[(start + n) % len(self.by_robot)] for n in range(count)]

    def draft(
        self, text: Text, groups: Sequence[Group], at: datetime | None, *, now: datetime, **more: object
    ) -> Post:
        values = {
            "title": text.title,
            "kind": text.kind,
            "body": text.body,
            "link_title": text.link_title,
            "link_url": text.link_url,
            "scheduled_at": at,
            **more,
        }
        return write_post(post=None, values=values, groups=groups, actor=self.author, now=now)

    def submit(
        self, text: Text, groups: Sequence[Group], at: datetime, *, now: datetime, **more: object
    ) -> Post:
        post = self.draft(text, groups, at, now=now, **more)
        try:
            return submit_post(post=post, actor=self.author, now=now)
        except HasProblems as problems:
            # Warnings (the same group within the hour) want a tick; errors come again and are raised.
            return submit_post(post=post, actor=self.author, now=now, confirmed=problems.problems.token)

    def schedule(
        self, text: Text, groups: Sequence[Group], at: datetime, *, now: datetime, **more: object
    ) -> Post:
        post = self.submit(text, groups, at, now=now, **more)
        return approve_post(post=post, actor=self.approver, now=now)


def load_posts(*, writer: Writer, now: datetime) -> int:
    """Everything from now on; returns how many posts."""
    before = Post.objects.count()
    _soon(writer, now)
    _by_hand(writer, now)
    _ahead(writer, now)
    # Only what still wants doing stays unread.
    mark_read(notices=Notice.objects.all(), now=now)
    _waiting(writer, now)
    return Post.objects.count() - before


def _soon(writer: Writer, now: datetime) -> None:
    minute = now.replace(second=0, microsecond=0)
    for index, minutes in enumerate(SOON):
        text = texts.DAILY[index % len(texts.DAILY)]
        writer.schedule(text, writer.groups(index * 5, 5), minute + timedelta(minutes=minutes), now=now)
    picture = _poster(writer, now)
    writer.schedule(texts.POSTER, writer.groups(0, 3), minute + timedelta(minutes=5), now=now, image=picture)


def _by_hand(writer: Writer, now: datetime) -> None:
    """Into personal WeChat groups: one that is due already, one soon."""
    earlier = now - timedelta(minutes=6)
    due = (now - timedelta(minutes=4)).replace(second=0, microsecond=0)
    writer.schedule(texts.MORNING, writer.by_hand[:4], due, now=earlier, cutoff_minutes=240)
    writer.schedule(
        texts.COUPON, writer.by_hand[4:7], due + timedelta(minutes=10), now=now, cutoff_minutes=240
    )


def _waiting(writer: Writer, now: datetime) -> None:
    minute = now.replace(second=0, microsecond=0)
    writer.submit(texts.LOTTERY, writer.groups(3, 6), minute + timedelta(minutes=38), now=now)
    writer.submit(texts.FLASH, writer.groups(11, 8), _at(now, 1, 20), now=now)
    writer.submit(texts.BIRTHDAY, writer.groups(20, 10), _at(now, 2, 12), now=now)
    sent_back = writer.submit(texts.TASTING, writer.groups(6, 4), _at(now, 1, 12), now=now)
    reject_post(
        post=sent_back, actor=writer.approver, now=now, comment="青团只剩 12 份了，请把“限 20 份”改掉再提交。"
    )
    writer.draft(texts.RULES, writer.groups(0, 12), None, now=now)
    writer.draft(texts.LESSON, writer.groups(30, 4), _at(now, 3, 7), now=now)


def _ahead(writer: Writer, now: datetime) -> None:
    for day in range(1, 8):
        writer.schedule(texts.MORNING, writer.groups(day * 3, 12), _at(now, day, 9), now=now)
        evening = texts.DAILY[day % len(texts.DAILY)]
        writer.schedule(evening, writer.groups(day * 7, 8), _at(now, day, 19), now=now)


def _at(now: datetime, day: int, hour: int) -> datetime:
    """``hour`` o'clock on the house clock, ``day`` days from now."""
    there = timezone.localtime(now) + timedelta(days=day)
    return there.replace(hour=hour, minute=0, second=0, microsecond=0)


def _poster(writer: Writer, now: datetime) -> Material:
    picture = Image.new("RGB", (640, 400), "#0d9488")
    draw = ImageDraw.Draw(picture)
    for index, colour in enumerate(("#f59e0b", "#ef4444", "#84cc16", "#f97316", "#e11d48")):
        x = 70 + index * 120
        draw.ellipse((x - 50, 150, x + 50, 250), fill=colour)
        draw.line((x, 150, x + 12, 118), fill="#14532d", width=7)
    draw.rectangle((0, 320, 640, 400), fill="#f0fdfa")
    data = io.BytesIO()
    picture.save(data, "PNG")
    data.seek(0)
    clean = clean_picture(File(data, name="fruit.png"))
    material = Material(name="今日水果海报", file=clean)
    return add_material(material=material, actor=writer.author, now=now)
