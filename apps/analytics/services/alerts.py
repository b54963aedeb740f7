"""Looking at yesterday, and saying what was odd about it."""

import logging
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.enums import NoticeLevel
from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.accounts.services.notices import notify
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.metrics.wording import say_number
from apps.analytics.models import Alert, AlertRule, Watermark
from apps.analytics.selectors.alerts import Judged, judged_days
from apps.analytics.selectors.periods import Period, day_of
from apps.core.errors import NotAllowed
from apps.core.models import ScopedQuerySet

logger = logging.getLogger(__name__)
_PLACES = Decimal("0.0001")


def watch(*, now: datetime) -> int:
    """Judge yesterday for every active rule that has not been judged; returns how many alerts were raised.

    Only complete days are judged: the rollups must have been brought up to date after midnight. Any number of ticks
    may run: a rule is judged once a day, and an alert is one row per rule and day.
    """
    yesterday = day_of(now) - timedelta(days=1)
    mark = Watermark.objects.first()
    if mark is None or mark.rolled_at is None or mark.rolled_at < Period(yesterday, yesterday).end:
        return 0
    rules = AlertRule.objects.filter(is_active=True)
    watched = rules.count()
    raised = 0
    for rule in rules.exclude(looked_on__gte=yesterday):
        try:
            for judged in judged_days(rule, last=yesterday, watched=watched):
                raised += _settle(rule.pk, judged)
        except Exception:  # one rule's trouble is not the others'
            logger.exception("alert rule %s could not be judged", rule.pk)
    return raised


@transaction.atomic
def _settle(pk: int, judged: Judged) -> int:
    rule = (
        AlertRule.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(pk=pk, is_active=True)
        .exclude(looked_on__gte=judged.day)
        .first()
    )
    if rule is None:
        return 0
    rule.looked_on = judged.day
    rule.save(update_fields=["looked_on"])
    if not judged.is_odd or judged.band is None or judged.value is None:
        return 0
    low, high = _kept(judged.band.low), _kept(judged.band.high)
    if low <= judged.value <= high:  # inside by rounding
        return 0
    alert, is_new = Alert.objects.get_or_create(
        rule=rule,
        day=judged.day,
        defaults={"value": judged.value, "expected": _kept(judged.band.expected), "low": low, "high": high},
    )
    if is_new:
        _tell(rule, alert)
    return int(is_new)


def _kept(value: float) -> Decimal:
    return Decimal(str(value)).quantize(_PLACES)


def _tell(rule: AlertRule, alert: Alert) -> None:
    metric = all_metrics()[rule.metric]
    users = {user.pk: user for user in [rule.owner, *rule.people] if user is not None and user.is_active}
    able = [user for user in users.values() if AlertRule.objects.visible_to(user).filter(pk=rule.pk).exists()]
    words = {
        "day": alert.day.isoformat(),
        "subject": rule.subject_label,
        "metric": metric.label,
        "value": say_number(alert.value, metric.unit),
        "low": say_number(alert.low, metric.unit),
        "high": say_number(alert.high, metric.unit),
    }
    text = (
        _("%(subject)s %(day)s 的%(metric)s是 %(value)s，低于正常范围 %(low)s～%(high)s。")
        if alert.value < alert.low
        else _("%(subject)s %(day)s 的%(metric)s是 %(value)s，高于正常范围 %(low)s～%(high)s。")
    )
    notify(
        users=able,
        key=f"alert:{rule.pk}:{alert.day}",
        text=text % words,
        url=alert.get_absolute_url(),
        level=NoticeLevel.WARNING,
    )


@transaction.atomic
def acknowledge(*, alerts: ScopedQuerySet[Alert], actor: User, now: datetime, note: str = "") -> int:
    """处理: mark the unseen ones among ``alerts`` that the actor sees, with what was found out; returns how many."""
    if not actor.has_perm("analytics.change_alert"):
        raise NotAllowed(_("你没有处理预警的权限。"), hint=_("请管理员给你的角色加上。"))
    note = note.replace("\0", "").strip()[:200]
    mine = alerts.visible_to(actor).filter(seen_at__isnull=True)
    seen = list(mine.select_for_update(of=("self",)).values_list("pk", flat=True))
    Alert.objects.filter(pk__in=seen).update(seen_at=now, seen_by=actor, note=note)
    if seen:
        audit(actor=actor, action="alert.acknowledge", reason=note, alerts=seen)
    return len(seen)
