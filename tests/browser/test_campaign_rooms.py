"""A run's monitor that stays true, the till, and a gift's form, in a real browser."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from apps.accounts.models import Team
from apps.campaigns.enums import BenefitKind, CampaignState
from apps.campaigns.models import Campaign, Coupon, Run
from apps.campaigns.services.coupons.printing import issue_coupons
from apps.core.clock import database_now
from tests.campaigns.factories import make_benefit, make_member, make_run
from tests.campaigns.play import play, start

pytestmark = pytest.mark.browser


@pytest.fixture
def run(transactional_db):
    team = Team.objects.create(name="华东一组")
    campaign = Campaign.objects.create(
        title="国庆助力", mechanic="assist", state=CampaignState.LAUNCHED, team=team
    )
    return make_run("assist", {"stages": (5,)}, campaign=campaign)


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_monitor_refreshes_by_itself_and_acts(open_as, architect, run, width, dark):
    entry = start(run, make_member("小鹿"))
    page = open_as(architect, run.get_absolute_url(), width=width, dark=dark)
    seats = page.get_by_test_id("tile-seats").locator(".ca-tile-value")
    expect(seats).to_have_text("0")
    play(entry, "help", make_member("小马"))
    # Coming back to the tab looks at once, as the timer does.
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(seats).to_have_text("1")
    expect(page.get_by_test_id("happenings")).to_contain_text("小马")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_test_id("do-pause").click()
    dialog = page.get_by_test_id("dialog-pause")
    expect(dialog).to_contain_text("计时不停")
    dialog.get_by_role("textbox").fill("库房盘点")
    page.get_by_test_id("confirm-pause").click()
    expect(page.get_by_test_id("state")).to_have_text("已暂停")
    expect(page.get_by_test_id("history")).to_contain_text("库房盘点")
    assert Run.objects.get(pk=run.pk).state == "paused"


@pytest.mark.parametrize("width", [1280, 390])
def test_the_till_takes_one_coupon_after_another(open_as, architect, transactional_db, width):
    benefit = make_benefit(BenefitKind.COUPON, coupon_threshold=Decimal("50.00"))
    issue_coupons(benefit=benefit, quantity=1, batch="传单", actor=architect, now=database_now())
    code = Coupon.objects.get().code
    page = open_as(architect, "/admin/campaigns/coupon/write-off/", width=width)
    # A scanner types and presses Enter.
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("asks-amount")).to_be_visible()
    page.keyboard.type("60")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("quote")).to_contain_text("5.00")
    page.get_by_label("消费金额（元）").fill("80")
    expect(page.get_by_test_id("confirm")).to_be_hidden()
    page.get_by_test_id("look").click()
    expect(page.get_by_test_id("quote")).to_contain_text("75.00")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("done")).to_contain_text("5.00")
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("refusal")).to_contain_text("已经核销过")
    assert Coupon.objects.get().order_amount == Decimal("80.00")


def test_a_gifts_form_shows_what_its_kind_needs(open_as, architect, transactional_db):
    page = open_as(architect, "/admin/campaigns/benefit/add/")
    terms, points = page.locator("#id_coupon_value"), page.locator("#id_amount")

    def pick(kind):
        # The list is a drop-down of the admin's own around this select.
        page.locator("#id_kind").evaluate(
            "(select, kind) => { select.value = kind; select.dispatchEvent(new Event('change', {bubbles: true})); }",
            kind,
        )

    pick("coupon")
    expect(terms).to_be_visible()
    expect(points).to_be_hidden()
    pick("points")
    expect(terms).to_be_hidden()
    expect(points).to_be_visible()
    pick("physical")
    expect(points).to_be_hidden()
    expect(page.locator("#id_stock")).to_be_visible()
    expect(page.locator("#id_cost")).to_be_visible()
    expect(page).to_have_url(re.compile("/benefit/add/"))
