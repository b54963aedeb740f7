"""A phone in somebody's hand: one browser context, and what its holder does with it."""

import re
from itertools import count
from typing import Any

from django.urls import reverse
from playwright.sync_api import Browser, Locator, Page, expect

from apps.core.clock import database_now
from apps.h5.views.base import MEMBER_COOKIE
from apps.members.models import Member
from apps.members.services.sessions import open_session
from tests.h5.logged import last_code

#: What WeChat's own browser says of itself: not a crawler, so a click on a short link is a visit.
AGENT = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/124.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.50"
)
GROUP = "https://work.weixin.qq.com/"
SIZE = (390, 844)
_numbers = count(1)


class Phone:
    """``failures`` collects whatever no page may do: break a script, break the policy, answer with a server error."""

    def __init__(
        self,
        browser: Browser,
        base: str,
        caplog: Any,
        *,
        has_scripts: bool = True,
        language: str = "zh-CN",
        size: tuple[int, int] = SIZE,
    ) -> None:
        self.base, self.caplog = base, caplog
        self.failures: list[str] = []
        self.number = f"137{next(_numbers):08d}"
        self.context = browser.new_context(
            base_url=base,
            locale=language,
            user_agent=AGENT,
            viewport={"width": size[0], "height": size[1]},
            is_mobile=True,
            has_touch=True,
            java_script_enabled=has_scripts,
            reduced_motion="reduce",
        )
        self.context.set_default_timeout(10_000)
        self.page = self.tab()

    def tab(self) -> Page:
        """One more tab of the same browser."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.failures.append(f"{page.url}: {error}"))
        page.on("console", lambda said: self._hear(page, said.text))
        page.on("response", lambda answer: self._see(answer.status, answer.url))
        return page

    def _hear(self, page: Page, text: str) -> None:
        if "Content Security" in text or "Content-Security" in text:
            self.failures.append(f"{page.url}: {text}")

    def _see(self, status: int, address: str) -> None:
        if status >= 500 or not address.startswith((self.base, "data:", "blob:")):
            self.failures.append(f"{status} {address}")

    # --- who holds it -------------------------------------------------------------------------------

    @property
    def member(self) -> Member:
        return Member.objects.get(phone=f"+86{self.number}")

    def belongs_to(self, member: Member) -> None:
        """They logged in some other day."""
        token = open_session(member=member, now=database_now(), label="test")
        self.context.add_cookies([{"name": MEMBER_COOKIE, "value": token, "url": self.base}])

    def log_in(self) -> None:
        """From the log-in page, by phone and code, back to where one was."""
        self.page.get_by_label("手机号").fill(self.number)
        self.page.get_by_role("checkbox").check()
        self.page.get_by_test_id("send").tap()
        expect(self.page).to_have_url(re.compile(reverse("h5:login_code")))
        self.page.get_by_label("验证码").fill(last_code(self.caplog))
        self.page.get_by_test_id("enter").tap()
        expect(self.page).not_to_have_url(re.compile("/m/login/"))

    # --- going about --------------------------------------------------------------------------------

    def come(self, link: str) -> None:
        """Tap a link in a group's chat."""
        self.page.goto(link, referer=GROUP)

    def go(self, name: str, *args: Any) -> None:
        self.page.goto(reverse(f"h5:{name}", args=args))

    def pressed(self, label: str | re.Pattern[str]) -> Locator:
        """The button or link of that name; the first, should the page offer it twice."""
        exact = isinstance(label, str)
        button = self.page.get_by_role("button", name=label, exact=exact)
        return button.or_(self.page.get_by_role("link", name=label, exact=exact)).first

    def tap(self, label: str | re.Pattern[str]) -> None:
        self.pressed(label).tap()

    def tap_logged_in(self, label: str | re.Pattern[str]) -> None:
        """Tap as somebody unknown: the log-in comes between, and what was typed is still there after it."""
        self.tap(label)
        expect(self.page).to_have_url(re.compile("/m/login/"))
        self.log_in()
        self.tap(label)

    def sees(self, text: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible()

    def at(self, name: str) -> None:
        """On the page of that name, whatever its number or code."""
        sample = {"entry": "/m/e/[^/]+/", "pay": "/m/pay/[^/]+/", "play": "/m/r/[0-9]+/play/"}
        expect(self.page).to_have_url(re.compile(rf"{sample[name]}($|\?)"))

    def own_link(self) -> str:
        """From the own entry's page: the link for a friend, as it would be copied."""
        self.tap("发给朋友")
        return self.page.get_by_role("textbox", name="链接").input_value()

    def done(self) -> None:
        """The page says that the last tap worked."""
        expect(self.page.get_by_role("status").filter(has_text="成功").first).to_be_visible()
