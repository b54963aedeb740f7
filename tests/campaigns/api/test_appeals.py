"""A member's word on a held gift."""

from django.utils import timezone

from apps.campaigns.enums import BenefitKind
from apps.campaigns.models import Entry, Flag
from apps.campaigns.services.engine import Origin, act, open_entry
from tests.campaigns.api.conftest import problem_of
from tests.campaigns.factories import make_benefit, make_member, make_run


def test_a_member_appeals_and_learns_nothing_of_the_rules(db, caller, anybody) -> None:
    run = make_run("assist", {"stages": [1]}, slots={"stage_1": make_benefit(BenefitKind.POINTS)})
    owner, helper = make_member(), make_member()
    phone = Origin("home", "phone")
    now = timezone.now()
    made = open_entry(run_id=run.pk, member_id=owner.pk, params={}, key="o", now=now, origin=phone)
    act(code=made.code, verb="help", member_id=helper.pk, params={}, key="h", now=now, origin=phone)
    path = f"/entries/{Entry.objects.get().code}/appeal"
    done = caller(owner).post(path, {"text": "一家人共用一台手机"})
    assert (done.status_code, done.json()) == (200, {"is_kept": True})
    assert Flag.objects.get().appeal == "一家人共用一台手机"
    problem_of(anybody.post(path, {"text": "x"}), 401)
    assert problem_of(caller(make_member()).post(path, {"text": "x"}), 409)["code"] == "nothing_held"
    for text in ("", 3, "x" * 301, None):
        problem_of(caller(owner).post(path, {"text": text}), 400)
    problem_of(caller(owner).post("/entries/nothing/appeal", {"text": "x"}), 404)
    gift = caller(owner).get("/me/grants").content.decode()
    assert "held" in gift
    assert "self_help" not in gift
    assert "设备" not in gift
