"""A review is begun once, however often one clicks."""

import pytest

from apps.accounts.enums import Role
from apps.accounts.models import Team
from apps.analytics.models import Review
from apps.analytics.services.reviews import start_review
from apps.core.clock import database_now
from tests.campaigns.together import together


@pytest.mark.django_db(transaction=True)
def test_clicks_at_once_begin_one_review_and_all_get_it(make_user):
    team = Team.objects.create(name="甲")
    actor = make_user("op", Role.GROUP_OPERATOR, team)
    click = lambda: start_review(kind="month", team=team, actor=actor, now=database_now())  # noqa: E731
    answers = together([click] * 4)
    assert {review.pk for review, _new in answers} == {Review.objects.get().pk}
    assert sum(is_new for _review, is_new in answers) == 1
