from decimal import Decimal

from django.urls import reverse

from apps.campaigns.enums import *
from apps.campaigns.models import *
from tests.campaigns.factories import make_benefit
from tests.campaigns.play import play, start


def test_all(desk, team_run, team, seen_member, operator):
    points = make_benefit(team=team)
    run = team_run(
        "assist",
        {"stages": (2,), "needs_proof": True},
        slots={"stage_2": points},
        budget=Decimal(100),
        stock=10,
    )
    entry = start(run, seen_member("小鹿"))
    play(entry, "help", seen_member("小马"), photos=["campaigns/photos/a.jpg"])
    swap = team_run("swap")
    contest = team_run("contest")
    coupon = make_benefit(BenefitKind.COUPON, team=team)
    code = make_benefit(BenefitKind.CODE, team=team)
    urls = [
        reverse("admin:campaigns_run_changelist"),
        run.get_absolute_url(),
        contest.get_absolute_url(),
        swap.get_absolute_url(),
        reverse("admin:campaigns_run_live", args=[run.pk]),
        reverse("admin:campaigns_run_trend", args=[run.pk]),
        reverse("admin:campaigns_run_pending"),
        reverse("admin:campaigns_run_pending_of", args=[run.pk]),
        reverse("admin:campaigns_run_act_for", args=[run.pk]) + "?q=小",
        reverse("admin:campaigns_run_act_for", args=[run.pk]) + f"?member={entry.owner_id}&verb=start",
        reverse("admin:campaigns_run_results", args=[run.pk]),
        reverse("admin:campaigns_run_consequences", args=[run.pk]) + "?closes_at=2027-01-01T10:00",
        reverse("admin:campaigns_entry_changelist"),
        reverse("admin:campaigns_entry_changelist") + "?q=小鹿",
        reverse("admin:campaigns_entry_change", args=[entry.pk]),
        reverse("admin:campaigns_contribution_changelist") + "?q=x",
        reverse("admin:campaigns_contribution_change", args=[Contribution.objects.first().pk]),
        reverse("admin:campaigns_benefit_changelist"),
        reverse("admin:campaigns_benefit_changelist") + "?low=yes",
        reverse("admin:campaigns_benefit_add"),
        reverse("admin:campaigns_benefit_change", args=[coupon.pk]),
        reverse("admin:campaigns_benefit_codes", args=[code.pk]),
        reverse("admin:campaigns_benefit_printed", args=[coupon.pk]),
        reverse("admin:campaigns_code_changelist"),
        reverse("admin:campaigns_grant_changelist"),
        reverse("admin:campaigns_grant_changelist") + "?q=12",
        reverse("admin:campaigns_grant_warehouse"),
        reverse("admin:campaigns_grant_shipped"),
        reverse("admin:campaigns_coupon_changelist"),
        reverse("admin:campaigns_coupon_write_off"),
        reverse("admin:campaigns_coupon_write_off") + "?code=abc",
        reverse("admin:campaigns_coupon_write_off_many"),
        "/admin/",
    ]
    bad = []
    for url in urls:
        try:
            r = desk.get(url)
            if r.status_code != 200:
                bad.append((url, r.status_code))
            else:
                r.content
        except Exception as e:
            import traceback

            bad.append((url, repr(e)[:300], traceback.format_exc()[-400:]))
    for b in bad:
        print(b)
    assert not bad
