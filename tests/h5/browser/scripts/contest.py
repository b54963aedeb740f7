"""Contest: the owner's team gets a second member, both check in, the team comes first, each has the prize."""

from datetime import timedelta

from playwright.sync_api import expect

from apps.accounts.models import User
from apps.campaigns.models import Run
from apps.campaigns.services.runs.closing import close_due_run
from apps.campaigns.services.settling.ticking import settle_run
from tests.campaigns.factories import make_benefit, make_run
from tests.h5.browser.phone import Phone

RULES = {
    "form": "team",
    "team_size": 2,
    "metric": "check_in",
    "ranks": [[1, 1]],
    "floor_score": 2,
    "review_hours": 0,
}


def make() -> Run:
    return make_run("contest", RULES, slots={"rank_1_1": make_benefit(name="冠军积分")})


def begin(owner: Phone, cashier: User) -> None:
    owner.page.get_by_label("队名").fill("追风队")
    owner.tap_logged_in("我来建队")
    owner.sees("追风队")


def befriend(friend: Phone, owner: Phone, cashier: User) -> None:
    friend.tap_logged_in("加入队伍")
    friend.done()
    friend.tap("今天打卡")
    friend.sees("离起评分还差 1 分")
    owner.page.go_back()
    owner.tap("今天打卡")
    owner.sees("已经到了起评分")
    run = Run.objects.get()
    friend.go("board", run.pk)
    friend.sees("追风队")
    close_due_run(run_id=run.pk, now=run.closes_at + timedelta(seconds=1))
    assert settle_run(run_id=run.pk, now=run.closes_at + timedelta(hours=1))


def promised(owner: Phone, friend: Phone) -> None:
    for phone in (owner, friend):
        phone.go("my_points")
        expect(phone.page.locator(".balance")).to_have_text("10")
        assert phone.member.points_balance == 10
