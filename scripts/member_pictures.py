"""Take the pictures of the member pages' guide against a running ``make run`` with the demo's data.

``.venv/bin/python -m scripts.member_pictures http://localhost:8000``, with the same ``COMMUNITY_OPS_VAR`` as the
server's: for each mechanic landing page, a friend's view and what one gets, side by side; and what belongs to no
mechanic. Phones of 390 × 844, in Chinese. Fails where a page does not fit its width.
"""

import io
import os
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import django
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "community_ops.settings")
django.setup()

from django.db.models import Count, F, Q  # noqa: E402

from apps.campaigns.models import Campaign, Coupon, Entry, Run  # noqa: E402
from apps.core.clock import database_now  # noqa: E402
from apps.members.models import Member  # noqa: E402
from apps.members.services.sessions import open_session  # noqa: E402
from community_ops.demo.pages.writing import COMPARED  # noqa: E402
from scripts.campaign_pictures import log_in  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDTH, HEIGHT = 390, 844
#: Width of one phone in a picture, the room around it, and the most that a picture may weigh.
_WIDTH, _GAP, _MOST_BYTES = 300, 14, 60_000
_GROUND = "#e7e5e4"
COMPARED_ID = Campaign.objects.values_list("pk", flat=True).get(title=COMPARED)
#: Mechanic → the demo's campaign that is shown.
CAMPAIGNS = {
    "assist": "三人助力，领洗衣凝珠",
    "bargain": "电饭煲砍到 99",
    "group_buy": "烟台苹果三人团",
    "contest": "拉新达人榜",
    "swap": "邻里闲置，换一换",
    "coupon": "双享券：你一张，我一张",
    "gift": "买一送一：请朋友喝咖啡",
}


@dataclass(frozen=True)
class Look:
    """``path`` as the member sees it whose session's ``token`` it is; without one, as anybody does."""

    path: str
    token: str = ""


def seen_by(member: Member | None, path: str) -> Look:
    if member is None:
        return Look(path)
    lifetime = timedelta(hours=1)
    return Look(path, open_session(member=member, now=database_now(), label="phone_code", lifetime=lifetime))


def mechanic_looks(key: str) -> list[Look]:
    run = Run.objects.filter(campaign__title=CAMPAIGNS[key]).order_by("number")[0]
    return [Look(f"/m/r/{run.pk}/"), _friends(run), _reward(run)]


def _friends(run: Run) -> Look:
    """Somebody who may join looks at the entry that lacks least."""
    live = run.entries.filter(state="open").exclude(expires_at__lte=database_now() + timedelta(hours=1))
    full = Q(capacity__isnull=False, count__gte=F("capacity") - F("pending_count"))
    entry = live.exclude(full).order_by("-count", "-pk").first()
    if entry is None:
        return seen_by(_friend_of(None), f"/m/r/{run.pk}/play/")
    return seen_by(_friend_of(entry), f"/m/e/{entry.code}/")


def _friend_of(entry: Entry | None) -> Member | None:
    """One of the newest members, with nothing done in this run."""
    here = Member.objects.exclude(phone=None).order_by("-joined_at")
    if entry is not None:
        busy = Q(contributions__run=entry.run) | Q(entries__run=entry.run)
        here = here.exclude(pk__in=Member.objects.filter(busy).values("pk"))
    return here.first()


def _reward(run: Run) -> Look:
    won = run.entries.filter(state="won").select_related("owner").order_by("-pk").first()
    if won is not None:
        return seen_by(won.owner, f"/m/e/{won.code}/")
    coupon = Coupon.objects.filter(grant__run=run, state="active").select_related("member").first()
    if coupon is not None:
        return seen_by(coupon.member, f"/m/me/coupons/{coupon.code}/")
    leader = run.entries.select_related("owner").order_by("-score", "pk")[0]
    return seen_by(leader.owner, f"/m/r/{run.pk}/board/")


def other_looks() -> dict[str, list[Look]]:
    """Pictures that belong to no mechanic."""
    kinds = Count("coupons__benefit", filter=Q(coupons__state="active"), distinct=True)
    owner = Member.objects.annotate(kinds=kinds).order_by("-kinds", "pk")[0]
    rich = Coupon.objects.filter(member=owner, state="active").select_related("member").order_by("-pk")[0]
    entry = (
        Entry.objects.filter(state="open", run__mechanic="assist").select_related("owner").order_by("-pk")[0]
    )
    return {
        "member-arriving": [Look("/m/"), Look(f"/m/login/?next=/m/e/{entry.code}/")],
        "member-sharing": [
            seen_by(entry.owner, f"/m/e/{entry.code}/share/"),
            seen_by(entry.owner, f"/m/e/{entry.code}/"),
        ],
        "member-mine": [
            seen_by(rich.member, "/m/me/"),
            seen_by(rich.member, "/m/me/coupons/"),
            seen_by(rich.member, f"/m/me/coupons/{rich.code}/"),
        ],
    }


def shot(browser: Browser, base: str, look: Look) -> Image.Image:
    context = browser.new_context(
        base_url=base,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        viewport={"width": WIDTH, "height": HEIGHT},
        device_scale_factor=1,
    )
    if look.token:
        context.add_cookies([{"name": "member", "value": look.token, "url": base}])
    page = context.new_page()
    answer = page.goto(look.path)
    assert answer is not None
    assert answer.ok, f"{look.path}: {answer.status}"
    page.wait_for_timeout(700)
    sticks_out = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert sticks_out <= 0, f"{look.path} sticks out by {sticks_out} px"
    taken = Image.open(io.BytesIO(page.screenshot()))
    context.close()
    return taken.convert("RGB")


def operators(browser: Browser, base: str) -> dict[str, Image.Image]:
    """What an operator sees of the compared page: traffic, A/B, heat."""
    page = log_in(browser, base, "operator", width=1180, height=860)
    taken = {}
    for name in ("traffic", "compare", "heat"):
        page.goto(f"/admin/h5/touch/campaign/{COMPARED_ID}/{name}/")
        page.wait_for_timeout(900)
        taken[f"member-{name}"] = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    return taken


def side_by_side(phones: list[Image.Image]) -> Image.Image:
    height = round(_WIDTH * HEIGHT / WIDTH)
    whole = Image.new("RGB", (len(phones) * (_WIDTH + _GAP) + _GAP, height + 2 * _GAP), _GROUND)
    for place, phone in enumerate(phones):
        small = phone.resize((_WIDTH, height), Image.Resampling.LANCZOS)
        whole.paste(small, (_GAP + place * (_WIDTH + _GAP), _GAP))
    return whole


def keep(picture: Image.Image, name: str) -> None:
    """As PNG with as many colours as fit into the weight."""
    for colours in (128, 64, 40, 24, 16):
        data = io.BytesIO()
        few = picture.quantize(colours, kmeans=1, dither=Image.Dither.NONE)
        few.save(data, "PNG", optimize=True)
        if data.tell() <= _MOST_BYTES:
            break
    (IMAGES / f"{name}.png").write_bytes(data.getvalue())
    sys.stdout.write(f"{name}.png {data.tell() // 1000} kB, {colours} colours\n")


def main(base: str, *only: str) -> None:
    """``only``: names of pictures, without any all of them."""
    IMAGES.mkdir(exist_ok=True)
    wanted = {f"member-{key.replace('_', '-')}": mechanic_looks(key) for key in CAMPAIGNS} | other_looks()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=ARGUMENTS
        )
        taken = {
            name: [shot(browser, base, look) for look in looks]
            for name, looks in wanted.items()
            if not only or name in only
        }
        wide = operators(browser, base)
        browser.close()
    for name, picture in ({name: side_by_side(phones) for name, phones in taken.items()} | wide).items():
        if not only or name in only:
            keep(picture, name)


if __name__ == "__main__":
    main(*sys.argv[1:])
