"""The admin's pages of campaigns: list, cards, wizard, a campaign's page."""

import pytest
from django.urls import reverse

from apps.accounts.enums import Role
from apps.campaigns.mechanics.registry import all_mechanics

LIST = "admin:campaigns_campaign_changelist"
ADD = "admin:campaigns_campaign_add"


@pytest.fixture
def operator(make_user, team):
    return make_user("operator", Role.GROUP_OPERATOR, team)


@pytest.fixture
def desk(client, operator):
    client.force_login(operator)
    return client


def test_cards_show_every_mechanic_with_its_words(desk):
    html = desk.get(reverse(ADD)).content.decode()
    for mechanic in all_mechanics().values():
        assert f'data-testid="card-{mechanic.key}"' in html
        assert str(mechanic.compliance) in html


@pytest.mark.parametrize("key", all_mechanics())
def test_wizard(desk, key):
    r = desk.get(reverse(ADD) + "?mechanic=" + key)
    assert r.status_code == 200
    open(f"/tmp/wiz-{key}.html", "w").write(r.content.decode())
