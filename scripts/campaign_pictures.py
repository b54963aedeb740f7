"""Take the pictures of the campaigns' guide against a running ``make run`` with the demo's data.

``.venv/bin/python -m scripts.campaign_pictures http://localhost:8000``: list, cards, wizard, monitor, queue,
suspicions and till, each 1280 px wide and, named ``…-phone``, 390. Fails where a page does not fit its width.
"""

import os
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
PASSWORD = "qunce-demo-2026"  # noqa: S105 - printed by `make run`
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
#: suffix of the picture → width and height of the window.
WINDOWS = {"": (1280, 900), "-phone": (390, 844)}
CAMPAIGNS, RUNS, COUPONS, FLAGS = (
    f"/admin/campaigns/{name}/" for name in ("campaign", "run", "coupon", "flag")
)


def log_in(browser: Browser, base: str, user: str, *, width: int, height: int) -> Page:
    """A page of this width, signed in as ``user``, in Chinese."""
    page = browser.new_context(
        base_url=base,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        viewport={"width": width, "height": height},
    ).new_page()
    page.goto("/admin/login/?next=/admin/campaigns/campaign/")
    page.locator("#id_username").fill(user)
    page.locator("#id_password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login/" not in url)
    return page


def picture(page: Page, name: str, *, is_whole: bool = False) -> None:
    page.wait_for_timeout(900)
    sticks_out = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert sticks_out <= 0, f"{name} sticks out by {sticks_out} px"
    page.screenshot(path=IMAGES / f"{name}.png", full_page=is_whole)


def wizard(page: Page, suffix: str) -> None:
    page.goto(f"{CAMPAIGNS}add/")
    picture(page, f"campaign-cards{suffix}")
    page.get_by_test_id("card-assist").click()
    page.wait_for_url("**mechanic=assist")
    page.get_by_test_id("title").fill("春日助力，领洗衣凝珠")
    page.get_by_test_id("headline").fill("喊 3 位新朋友，凝珠送到家")
    gifts = page.locator("[data-testid^=gift-]")
    gifts.first.select_option(label="洗衣凝珠 30 颗 · 实物 · ¥12.50")
    expect(page.get_by_test_id("screen-before")).to_contain_text("喊 3 位新朋友")
    page.evaluate("scrollTo(0, 0)")
    picture(page, f"campaign-wizard{suffix}")


def monitor(page: Page, suffix: str) -> None:
    """The assist's run: the one with a suspicion to look at."""
    page.goto(f"{RUNS}?q=三人助力")
    found = page.locator("#result_list a[href*='/campaigns/run/']").first.get_attribute("href")
    page.goto(found or RUNS)
    page.get_by_test_id("live").wait_for()
    picture(page, f"campaign-monitor{suffix}", is_whole=True)


def suspicions(page: Page, suffix: str) -> None:
    page.goto(f"{FLAGS}queue/")
    picture(page, f"campaign-risk{suffix}")


def till(page: Page, suffix: str) -> None:
    page.goto(f"{COUPONS}write-off/")
    picture(page, f"campaign-write-off{suffix}")


def main(base: str) -> None:
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=ARGUMENTS
        )
        for suffix, (width, height) in WINDOWS.items():
            page = log_in(browser, base, "operator", width=width, height=height)
            picture(page, f"campaign-list{suffix}")
            wizard(page, suffix)
            monitor(page, suffix)
            page.goto(f"{RUNS}pending/")
            picture(page, f"campaign-queue{suffix}")
            suspicions(page, suffix)
            till(page, suffix)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:2])
