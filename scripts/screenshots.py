"""Walk the product as a newcomer does, against a running ``make run``, and take the guide's pictures.

``.venv/bin/python -m scripts.screenshots http://localhost:8000 http://localhost:8001``. It imports the GBK file,
sends a post to five groups two minutes ahead, waits for the bubbles, and fails if they do not come.
"""

import os
import sys
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
PASSWORD = "qunce-demo-2026"  # noqa: S105 - printed by `make run`
GBK = ROOT / "tests" / "data" / "members_excel_gbk.csv"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def log_in(browser: Browser, base: str, user: str) -> Page:
    """A page at the front of the admin, signed in as ``user``."""
    page = browser.new_context(
        base_url=base, locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 1440, "height": 900}
    ).new_page()
    page.goto("/admin/")
    page.locator("#id_username").fill(user)
    page.locator("#id_password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_text("一小时内要发").wait_for()
    return page


def picture(page: Page, name: str, *, wait: int = 600) -> None:
    page.wait_for_timeout(wait)
    page.screenshot(path=IMAGES / f"{name}.png")


def import_members(page: Page) -> None:
    page.goto("/admin/imports/importjob/wizard/?target=members")
    page.get_by_test_id("file").set_input_files(GBK)
    page.get_by_test_id("upload").click()
    page.get_by_test_id("to-mapping").click()
    picture(page, "import-mapping")
    page.get_by_test_id("to-check").click()
    page.get_by_test_id("confirm").click()
    expect(page.get_by_test_id("report")).to_have_attribute("data-state", "done", timeout=60_000)
    picture(page, "import-report")


def write_post(page: Page) -> str:
    """Write and submit a post to five groups, due in two minutes; returns the address of its page."""
    page.goto("/admin/content_calendar/post/add/")
    page.get_by_test_id("body").fill("早安，{{ group.name }}的朋友们！今天 20:00 秒杀云南蓝莓，先到先得。")
    for name in ("21天打卡营1群", "任务宝2群", "团长之家4群", "心享会员5群", "新品快闪1群"):
        page.get_by_test_id("group-search").fill(name)
        page.locator("#cc-found-list").get_by_text(name).first.click()
    page.get_by_text("2 分钟后").click()
    expect(page.get_by_test_id("reach")).to_contain_text("5")
    picture(page, "editor", wait=1200)
    confirm = page.get_by_test_id("confirm")
    if confirm.count() and confirm.is_visible():
        confirm.check()
    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("state")).to_have_text("待审批")
    return page.url


def main(base: str, simulator: str) -> None:
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=ARGUMENTS
        )
        architect = log_in(browser, base, "architect")
        import_members(architect)
        post = write_post(log_in(browser, base, "editor"))
        architect.goto(post)
        architect.get_by_test_id("do-approve").click()
        architect.get_by_test_id("dialog-ok").click()
        expect(architect.get_by_test_id("state")).to_have_text("已排期")
        started = time.monotonic()
        architect.goto("/admin/content_calendar/post/calendar/")
        picture(architect, "calendar", wait=1500)
        architect.goto("/admin/channels/delivery/inbox/")
        picture(architect, "inbox")
        architect.goto("/admin/channels/health/")
        picture(architect, "health")
        architect.goto(post)
        expect(architect.get_by_test_id("sent-count")).to_contain_text("5/5", timeout=200_000)
        print(f"5 of 5 arrived, {time.monotonic() - started:.0f} s after the approval")
        picture(architect, "post")
        architect.goto("/admin/")
        picture(architect, "home", wait=1500)
        chat = browser.new_page(base_url=simulator, locale="zh-CN", viewport={"width": 1280, "height": 800})
        chat.goto("/")
        chat.get_by_text("云南蓝莓").first.click()
        picture(chat, "simulator")
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
