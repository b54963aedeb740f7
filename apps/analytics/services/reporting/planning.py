"""Setting up a report."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.analytics.metrics.registry import all_metrics
from apps.analytics.models import ReportPlan
from apps.analytics.selectors.report_times import next_due
from apps.channels.models import Channel
from apps.core.errors import Invalid, NotAllowed

MOST_METRICS, MOST_PEOPLE, MOST_CHANNELS = 20, 30, 20


@transaction.atomic
def save_plan(
    *, plan: ReportPlan, people: Iterable[User], channels: Iterable[Channel], actor: User, now: datetime
) -> ReportPlan:
    """Write a new or changed plan with its recipients; it is due next after ``now``. Audited.

    The actor becomes the owner: what is sent from now on is what they may see. Reports that are there already, also
    those still on their way, stay the one's before, who alone reads them. Raises ``NotAllowed`` for a team or robot of
    others, ``Invalid`` for no or unknown metrics, or nobody to send to.
    """
    people, channels = list(people), list(channels)
    if not actor.has_perm("analytics.view_dashboard"):
        raise NotAllowed(_("你看不了分析，不能设定时报告。"), hint=_("请联系社群架构师。"))
    sees_all = actor.has_perm("accounts.view_all_teams")
    if plan.team_id is not None and not sees_all and not actor.teams.filter(pk=plan.team_id).exists():
        raise NotAllowed(_("这个团队不归你看。"), hint=_("请选自己的团队。"))
    seen = Channel.objects.visible_to(actor).filter(pk__in=[channel.pk for channel in channels]).count()
    if seen < len(channels):
        raise NotAllowed(_("有的机器人不归你管。"), hint=_("请选自己团队的机器人。"))
    if not plan.metrics or set(plan.metrics) - set(all_metrics()):
        raise Invalid(_("请选至少一个指标。"), field="metrics")
    if len(plan.metrics) > MOST_METRICS or len(people) > MOST_PEOPLE or len(channels) > MOST_CHANNELS:
        raise Invalid(
            _("最多 %d 个指标、%d 个收件人、%d 个机器人。") % (MOST_METRICS, MOST_PEOPLE, MOST_CHANNELS),
            hint=_("请分成几份报告。"),
        )
    if not people and not channels:
        raise Invalid(_("还没有收件人。"), hint=_("选至少一位同事或一个机器人。"), field="people")
    unknown = [str(person) for person in people if not person.email]
    if unknown:
        raise Invalid(
            _("%s 没有填邮箱。") % "、".join(unknown), hint=_("先在账号里填上邮箱。"), field="people"
        )
    is_new = plan.pk is None
    plan.owner = actor
    plan.next_at = next_due(plan, now)
    plan.save()
    plan.people.set(people)
    plan.channels.set(channels)
    audit(actor=actor, action="report.create" if is_new else "report.change", target=plan)
    return plan
