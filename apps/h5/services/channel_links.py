"""渠道短链: links that staff make for a place where they put a campaign."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.services.audit import audit
from apps.campaigns.models import Run, ShareLink
from apps.campaigns.selectors.public_runs import public_runs
from apps.campaigns.services.sharing import link_for
from apps.core.errors import Invalid, NotAllowed
from apps.groups.models import Group


@transaction.atomic
def make_channel_link(
    *,
    run: Run,
    channel: str,
    group: Group | None = None,
    utm: Mapping[str, str] | None = None,
    actor: User,
    now: datetime,
) -> ShareLink:
    """The link of ``channel`` (and ``group``) for ``run``; the same one when it is asked for again.

    Nobody is its inviter. Raises ``NotAllowed`` for what the actor may not see (S1), ``Invalid`` without a channel
    or for a run that has no page.
    """
    if not actor.has_perm("campaigns.add_sharelink") or not _sees(actor, run, group):
        raise NotAllowed(_("你不能为这个活动或社群建短链。"), hint=_("请找活动所在团队的同事。"))
    channel = " ".join(channel.split())
    if not channel:
        raise Invalid(_("渠道还没有填。"), hint=_("写这条链接放在哪里，如海报、短信。"), field="channel")
    if not public_runs().filter(pk=run.pk).exists():
        raise Invalid(_("这一期还没有页面。"), hint=_("活动上线以后再建短链。"), field="run")
    link = link_for(run=run, channel=channel, group=group, utm=utm, now=now)
    is_new = ShareLink.objects.filter(pk=link.pk, created_by=None, created_at=now).update(created_by=actor)
    if is_new:
        audit(actor=actor, action="link.create", target=link, channel=link.channel, run=run.pk)
        link.refresh_from_db()
    return link


def _sees(actor: User, run: Run, group: Group | None) -> bool:
    is_group_seen = group is None or Group.objects.visible_to(actor).filter(pk=group.pk).exists()
    return is_group_seen and Run.objects.visible_to(actor).filter(pk=run.pk).exists()
