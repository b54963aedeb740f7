"""S1 over every model and every admin page: nobody outside sees a row, by construction."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser

from apps.accounts.admin.base import ScopedModelAdmin
from apps.accounts.enums import Role
from apps.accounts.models import Team
from apps.channels.models import Channel
from apps.core.models import OpenQuerySet, ScopedQuerySet
from apps.groups.enums import GroupKind
from apps.groups.models import Group

MODELS = [
    model
    for config in apps.get_app_configs()
    if config.name.startswith("apps.")
    for model in config.get_models()
]
OURS = [model for model in admin.site._registry if model._meta.app_config.name.startswith("apps.")]


def test_there_are_models_to_check():
    assert len(MODELS) >= 20
    assert len(OURS) >= 8


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_model_is_scoped(model, db, make_user, team):
    rows = model._default_manager.all()
    assert isinstance(rows, ScopedQuerySet)
    assert list(rows.visible_to(AnonymousUser())) == []
    outsider = make_user("outsider", Role.MEMBER_SERVICE)
    visible = rows.visible_to(outsider)
    if not isinstance(rows, OpenQuerySet) and model._meta.label != "accounts.User":
        assert list(visible[:5]) == []
    list(rows.visible_to(make_user("insider", Role.GROUP_OPERATOR, team))[:5])
    inactive = make_user("gone", Role.ARCHITECT)
    inactive.is_active = False
    assert list(rows.visible_to(inactive)) == []


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_admin_page_of_ours_is_scoped(model):
    assert isinstance(admin.site._registry[model], ScopedModelAdmin)


def test_other_teams_rows_are_hidden(make_user, team):
    other = Team.objects.create(name="华南组")
    operator = make_user("operator", Role.GROUP_OPERATOR, team)
    for owner in (team, other):
        Channel.objects.create(name=f"通道 {owner}", driver="manual", team=owner)
        Group.objects.create(name=f"群 {owner}", kind=GroupKind.VIP, team=owner)
    assert [str(row) for row in Channel.objects.visible_to(operator)] == [f"通道 {team}"]
    assert [str(row) for row in Group.objects.visible_to(operator)] == [f"群 {team}"]
    analyst = make_user("analyst", Role.ANALYST)
    assert Group.objects.visible_to(analyst).count() == 2
