"""The landing page on a phone: fits, also with large text; counts down; shows what happens; reads without scripts."""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, expect

from apps.accounts.models import User
from apps.campaigns.blocks.registry import all_blocks
from apps.campaigns.enums import BenefitKind, Variant
from apps.campaigns.models import Campaign, Run
from apps.campaigns.services.landing import keep_picture, publish, save_draft
from apps.h5.models import Touch
from apps.h5.views.landing import kept
from tests.campaigns.factories import make_benefit, make_member, make_run
from tests.campaigns.play import play, start

#: Where pictures of the pages are kept for people to look at, if anywhere.
PICTURES = os.environ.get("LANDING_PICTURES", "")

type Phone = Callable[..., Page]


@pytest.fixture
def phone(live_server, browser: Browser) -> Iterator[Phone]:
    """``phone("/m/r/1/", width=360)`` → a page on a phone; scripts must not fail, nor the policy be broken."""
    contexts, failures = [], []

    def open_page(path: str, *, width: int = 390, language: str = "zh-CN", scripts: bool = True) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            locale=language,
            viewport={"width": width, "height": 844},
            device_scale_factor=2,
            is_mobile=True,
            has_touch=True,
            java_script_enabled=scripts,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.on("console", lambda said: failures.append(said.text) if said.type == "error" else None)
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert failures == []


@pytest.fixture
def full_page(transactional_db: None, architect: User) -> Run:
    """A run whose published page has every kind of block, with pictures, prices and people."""
    gifts = {
        "member": make_benefit(name="明前龙井 50 克"),
        "leader": make_benefit(BenefitKind.COUPON, name="满 50 减 5 券"),
    }
    run = make_run(
        "group_buy",
        {"size": 3, "price": "49.90", "single_price": "99.00"},
        slots=gifts,
        stock=200,
        product_name="狮峰明前龙井 100 克",
    )
    Campaign.objects.filter(pk=run.campaign_id).update(headline="三人成团，新茶半价", intro="每人限买两份。")
    picture = keep_picture(campaign=run.campaign, file=_drawing(), actor=architect).token
    draft = save_draft(
        campaign=Campaign.objects.get(pk=run.campaign_id),
        variant=Variant.A,
        blocks=[
            {"kind": kind, "section": all_blocks()[kind].sections[0], "data": _data(kind, picture)}
            for kind in _ORDER
        ],
        theme="red",
        actor=architect,
        now=timezone.now(),
    )
    publish(version=draft, actor=architect, now=timezone.now())
    for name in ("王小明", "李雷", "Ann", "陈晨"):
        play(start(run, make_member(name)), "join", make_member(f"赵{name}"))
    return run


_ORDER = (
    "hero",
    "offer",
    "action",
    "progress",
    "bait",
    "contact",
    "ticker",
    "steps",
    "certificate",
    "expert",
    "testimony",
    "figures",
    "gallery",
    "rules",
    "faq",
    "group_qr",
    "follow",
)


def _data(kind: str, picture: str) -> dict[str, Any]:
    data: dict[str, dict[str, Any]] = {
        "hero": {"picture": picture},
        "offer": {"gets": ["当季新茶，产地直发", "不满意七天退"], "note": "每人限两份"},
        "bait": {"tag": "新人专享", "title": "头一次来，多送一泡", "text": "成团后随单寄出，**不另收费**。"},
        "contact": {"text": "开团前一小时，群里提醒你。"},
        "progress": {"title": "这一期的进度"},
        "ticker": {"title": "刚刚发生"},
        "steps": {"items": ["开团，先留住名额", "在时限内付款", "发给想一起买的朋友", "人齐成团，等着收货"]},
        "certificate": {
            "title": "农残检测报告",
            "text": "2026 年 3 月，编号 T-2026-118。",
            "picture": picture,
        },
        "expert": {
            "name": "周师傅",
            "role": "制茶三十年",
            "quote": "这批叶子采得早，回甘长。",
            "is_real": True,
        },
        "testimony": {
            "name": "林女士",
            "text": "去年喝到今年，第三次回购了。",
            "picture": picture,
            "is_real": True,
        },
        "figures": {
            "items": [["12 年", "社区老店"], ["8600", "位回头客"]],
            "source": "门店会员系统，2026-03-01",
        },
        "gallery": {"pictures": [picture, picture], "caption": "茶园和茶青"},
        "rules": {"text": "赠品随单发出。"},
        "faq": {"items": [["没拼成怎么办？", "付过的钱原路退回。"]]},
        "group_qr": {"picture": picture, "text": "新茶到货先在群里说。"},
        "follow": {"link": "https://example.com/", "text": "每周一篇喝茶的小事。"},
    }
    return data.get(kind, {})


def _drawing() -> SimpleUploadedFile:
    picture = Image.new("RGB", (1200, 800), "#7f9b6b")
    pen = ImageDraw.Draw(picture)
    for row in range(12):
        pen.ellipse(
            (-200 + row * 40, 300 + row * 45, 1500 + row * 30, 900 + row * 60), outline="#4c6b3f", width=14
        )
    pen.ellipse((860, 90, 1040, 270), fill="#f4d58d")
    buffer = BytesIO()
    picture.save(buffer, "JPEG")
    return SimpleUploadedFile("tea.jpg", buffer.getvalue())


def _shoot(page: Page, name: str) -> None:
    if PICTURES:
        Path(PICTURES).mkdir(exist_ok=True)
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


_FAULTS = """() => {
  const faults = [];
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) faults.push(`the page is ${wide} px too wide`);
  for (const one of document.querySelectorAll("a, button, summary, input:not([type=hidden])")) {
    const box = one.getBoundingClientRect();
    const hidden = one.classList.contains("skip") || !box.width || one.closest("p:not(.result-links), li");
    if (!hidden && box.height < 43.5) faults.push(`${one.outerHTML.slice(0, 80)} is ${box.height} px high`);
  }
  const levels = [...document.querySelectorAll("h1, h2, h3")].map((h) => Number(h.tagName[1]));
  if (levels.filter((n) => n === 1).length !== 1 || levels[0] !== 1) faults.push(`headings ${levels}`);
  for (const field of document.querySelectorAll("input:not([type=hidden])"))
    if (!field.labels.length) faults.push(`${field.name} has no label`);
  for (const image of document.querySelectorAll("img")) if (!image.hasAttribute("alt")) faults.push("no alt");
  return faults;
}"""


@pytest.mark.parametrize(("width", "language"), [(390, "zh-CN"), (360, "zh-CN"), (360, "en-GB")])
def test_page_with_every_block_fits_a_phone(phone: Phone, full_page: Run, width: int, language: str) -> None:
    page = phone(f"/m/r/{full_page.pk}/", width=width, language=language)
    expect(page.locator("h1")).to_have_text("三人成团，新茶半价")
    _shoot(page, f"full-{width}-{language}")
    assert page.evaluate(_FAULTS) == []


def test_page_fits_with_text_twice_as_large(phone: Phone, full_page: Run) -> None:
    page = phone(f"/m/r/{full_page.pk}/", width=360)
    # What a phone's text size does: the browser's own, not a style of the page.
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    _shoot(page, "large-360")
    assert page.evaluate(_FAULTS) == []


def test_page_reads_without_scripts(phone: Phone, full_page: Run) -> None:
    page = phone(f"/m/r/{full_page.pk}/", scripts=False)
    expect(page.locator(".block-offer")).to_contain_text("49.9")
    expect(page.locator(".block-rules")).to_contain_text("原路退款")
    page.locator("summary").first.click()
    expect(page.locator("details p").first).to_be_visible()
    expect(page.locator(".go a.button")).to_have_attribute("href", f"/m/r/{full_page.pk}/play/")


def test_countdown_runs_and_what_happens_appears_by_itself(phone: Phone, full_page: Run) -> None:
    page = phone(f"/m/r/{full_page.pk}/")
    clock = page.locator(".hero-clock time")
    expect(clock).to_contain_text("天")
    first = clock.text_content()
    page.wait_for_function(
        "first => document.querySelector('.hero-clock time').textContent !== first", arg=first
    )
    assert page.locator(".ticker li").first.text_content()
    start(full_page, make_member("孙悟空"))
    kept.forget()
    with page.expect_response("**/live/"):
        page.evaluate("Date.now = () => 1e15; document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(".ticker li").first).to_contain_text("孙**")


def test_first_touch_is_told_by_the_page_itself(phone: Phone, full_page: Run) -> None:
    page = phone(f"/m/r/{full_page.pk}/?utm_source=poster")
    page.wait_for_load_state("networkidle")
    touch = Touch.objects.get()
    assert (touch.run_id, touch.variant) == (full_page.pk, "A")
    assert "poster" in touch.utm.values()


@pytest.mark.parametrize("mechanic", ["assist", "bargain", "contest", "coupon", "gift", "swap"])
def test_shipped_page_of_each_mechanic_fits_a_phone(
    phone: Phone, transactional_db: None, mechanic: str
) -> None:
    run = make_run(mechanic, stock=30 if mechanic in ("bargain", "gift", "coupon") else None)
    Campaign.objects.filter(pk=run.campaign_id).update(headline="春天的第一场活动")
    page = phone(f"/m/r/{run.pk}/", width=360)
    _shoot(page, f"shipped-{mechanic}")
    assert page.evaluate(_FAULTS) == []


def test_ended_and_coming_pages_fit_a_phone(phone: Phone, transactional_db: None) -> None:
    now = timezone.now()
    ended = make_run("contest", opens_at=now - timedelta(days=3), closes_at=now - timedelta(days=1))
    coming = make_run(
        "contest", campaign=ended.campaign, opens_at=now + timedelta(hours=3), state="scheduled"
    )
    for run, name in ((ended, "ended"), (coming, "before")):
        page = phone(f"/m/r/{run.pk}/", width=360)
        _shoot(page, name)
        assert page.evaluate(_FAULTS) == []
