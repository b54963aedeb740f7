"""Which shipped role may do what. This room alone knows all apps, so the table lives here."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from apps.accounts.enums import Role

_VIEW = ("view",)
_EDIT = ("view", "add", "change")
_FULL = ("view", "add", "change", "delete")

_MEMBERS = (
    "members.member",
    "members.identity",
    "members.membertag",
    "members.pointsentry",
    "members.membershipentry",
)
_MEMBER_VOCABULARY = ("members.tag", "members.tier")
_GROUPS = ("groups.group", "groups.membership")
_ORDERS = ("orders.order", "orders.payment", "orders.refund", "orders.product")
_FULFILMENT = ("campaigns.benefit", "campaigns.code", "campaigns.coupon", "campaigns.grant")
_CAMPAIGNS = ("campaigns.campaign", "campaigns.campaignbenefit", "campaigns.benefit")
#: What goes on in runs; entries and contributions are made by members alone.
_RUNS = ("campaigns.run", "campaigns.runstock", "campaigns.entry", "campaigns.contribution")
_RISK = ("campaigns.flag", "campaigns.blockedmember")
#: What members see: pages, links, and what visits led to.
_LANDING = ("campaigns.landingversion", "campaigns.landingpicture", "campaigns.sharelink")
_VISITS = ("h5.visitor", "h5.touch", "h5.conversion")
_GIVEN = ("campaigns.grant", "campaigns.coupon")
#: Reports that go out by themselves are everybody's own who reads dashboards.
_REPORTS = [
    "analytics.view_reportplan",
    "analytics.add_reportplan",
    "analytics.change_reportplan",
    "analytics.view_reportissue",
]
#: Questions put to the figures, and their answers.
_LAB = ("analytics.simulation", "analytics.experiment")
_POSTS = ("content_calendar.post", "content_calendar.material")

#: Goals, alerts and reviews.
_STEERING = (
    "analytics.goal",
    "analytics.alertrule",
    "analytics.alert",
    "analytics.review",
    "analytics.reviewaction",
)
_REVIEWED = ("analytics.reviewversion",)

#: role → [(models, verbs)] and plain codenames ("app.codename").
_TABLE: dict[Role, tuple[list[tuple[tuple[str, ...], tuple[str, ...]]], list[str]]] = {
    Role.GROUP_OPERATOR: (
        [
            (_MEMBERS, _EDIT),
            (_STEERING, _EDIT),
            (_REVIEWED, _VIEW),
            (("members.membersession",), _VIEW),
            (_MEMBER_VOCABULARY, _EDIT),
            (_GROUPS, _EDIT),
            (("channels.channel",), _EDIT),
            (("channels.delivery", "channels.attempt"), _VIEW),
            (("imports.importjob",), ("view", "add", "change")),
            (_POSTS, _VIEW),
            (_ORDERS, _VIEW),
            (("orders.product",), _EDIT),
            (_CAMPAIGNS, _EDIT),
            (_LANDING, _EDIT),
            (_LAB, _EDIT),
            ((*_VISITS, "members.consent"), _VIEW),
            (("orders.order",), ("add",)),  # by a file
            (("events.event",), ("add",)),  # by a file, or spend by hand
            ((*_RUNS, *_FULFILMENT, "campaigns.flag"), _VIEW),
            (_FULFILMENT, _VIEW),
            ((*_RUNS, *_GIVEN, "campaigns.code", *_RISK), _VIEW),
            (("accounts.notice",), _VIEW),
        ],
        [
            "channels.operate_delivery",
            "orders.mark_paid",
            "orders.cancel_order",
            "orders.refund_order",
            "analytics.view_dashboard",
            "analytics.share_dashboard",
            *_REPORTS,
            "campaigns.launch_campaign",
            "campaigns.publish_landing",
            "campaigns.act_for_member",
            "campaigns.fulfil_grant",
            "campaigns.write_off_coupon",
            "campaigns.review_flag",
        ],
    ),
    Role.CONTENT_EDITOR: (
        [
            (_POSTS, _FULL),
            ((*_STEERING, *_REVIEWED), _VIEW),
            (("analytics.review", "analytics.reviewaction"), _EDIT),
            (("content_calendar.posttarget", "content_calendar.runpost"), _VIEW),
            (("content_calendar.posttarget",), _VIEW),
            (_CAMPAIGNS, _EDIT),
            (("campaigns.run", "campaigns.runstock"), _VIEW),
            (_LANDING, _EDIT),
            (_LAB, _EDIT),
            (_VISITS, _VIEW),
            (("groups.group", "channels.channel"), _VIEW),
            (("channels.delivery", "channels.attempt"), _VIEW),
            (("accounts.notice", "accounts.approval"), _VIEW),
        ],
        ["analytics.view_dashboard", *_REPORTS],
    ),
    Role.ANALYST: ([], []),  # every view permission, see below
    Role.MEMBER_SERVICE: (
        [
            (_MEMBERS, _VIEW),
            (("members.membersession", "members.consent"), _VIEW),
            (_MEMBER_VOCABULARY, _VIEW),
            (_GROUPS, _VIEW),
            (_ORDERS, _VIEW),
            ((*_RUNS, *_FULFILMENT), _VIEW),
            (_FULFILMENT, _VIEW),
            ((*_RUNS, *_GIVEN, *_RISK, "campaigns.benefit"), _VIEW),
            (("accounts.notice",), _VIEW),
        ],
        [
            "members.reveal_personal_data",
            "orders.mark_paid",
            "campaigns.fulfil_grant",
            "campaigns.write_off_coupon",
        ],
    ),
}


def permissions_of(role: Role) -> Q:
    """A condition over ``Permission`` for ``role``. The architect has all; the analyst views all, and sets goals,
    watches figures and writes reviews."""
    if role is Role.ARCHITECT:
        return Q(content_type__app_label__in=_APPS)
    if role is Role.ANALYST:
        views = (Q(content_type__app_label__in=_OURS) & Q(codename__startswith="view_")) & ~Q(
            codename__in=["view_all_notices"]
        )
        return views | _permissions(_STEERING, _EDIT)
    rules, extra = _TABLE[role]
    condition = Q(pk__in=[])
    for models, verbs in rules:
        condition |= _permissions(models, verbs)
    for name in extra:
        app, codename = name.split(".")
        condition |= Q(content_type__app_label=app, codename=codename)
    return condition


def _permissions(models: tuple[str, ...], verbs: tuple[str, ...]) -> Q:
    condition = Q(pk__in=[])
    for label in models:
        app, model = label.split(".")
        condition |= Q(content_type__app_label=app, codename__in=[f"{verb}_{model}" for verb in verbs])
    return condition


_OURS = (
    "accounts",
    "events",
    "imports",
    "members",
    "channels",
    "orders",
    "groups",
    "campaigns",
    "content_calendar",
    "analytics",
    "h5",
)
_APPS = (*_OURS, "auth", "axes", "django_celery_beat")


def sync_roles(**_kwargs: Any) -> None:
    """Bring the shipped groups in line with the table; idempotent, runs after every migrate."""
    for role in Role:
        group, _created = Group.objects.get_or_create(name=role.value)
        group.permissions.set(Permission.objects.filter(permissions_of(role)))
