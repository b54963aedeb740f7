"""The steps of an experiment: asked, begun, decided."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team, User
from apps.accounts.services.audit import audit
from apps.analytics.enums import EXPERIMENT_MOVES, ExperimentState
from apps.analytics.inference.allocation import allocate
from apps.analytics.models import Experiment
from apps.analytics.selectors.experiments import (
    comparable_metrics,
    finding_of,
    free_groups,
    snapshot_of,
)
from apps.content_calendar.services.posts import write_post
from apps.core.errors import Invalid, NotAllowed, WrongState
from apps.core.models import move
from apps.groups.models import Group, Membership

#: Fewer groups than this have hardly a way to be dealt out: even the clearest difference could be chance.
LEAST_GROUPS = 8
NONE = "none"


@transaction.atomic
def create_experiment(
    *,
    name: str,
    hypothesis: str,
    metric: str,
    texts: Sequence[str],
    minimum_effect: float,
    days: int,
    groups: Sequence[Group],
    actor: User,
    now: datetime,
) -> Experiment:
    """A draft: two texts, and the groups that they will be dealt out to. Everything is fixed before any figure is
    seen. It belongs to the one team whose groups they are; only who sees all teams may mix, and then nobody else sees
    it. Raises ``Invalid`` with the field, ``NotAllowed`` for groups that the actor may not see (S1)."""
    _check(name, hypothesis, metric, texts, minimum_effect, days)
    if len(groups) < LEAST_GROUPS:
        raise Invalid(
            _("至少要 %(least)d 个群，每边一半。") % {"least": LEAST_GROUPS},
            hint=_("群太少的话，再大的差别也可能是碰巧。"),
            field="groups",
        )
    free = set(free_groups(actor).values_list("pk", flat=True))
    if any(group.pk not in free for group in groups):
        raise NotAllowed(
            _("有的群不归你看，或正在另一个实验里。"), hint=_("一个群同时只进一个实验。"), field="groups"
        )
    experiment = Experiment.objects.create(
        name=name.strip()[:80],
        hypothesis=hypothesis.strip(),
        metric=metric,
        variants=[{"key": key, "text": text.strip()} for key, text in zip("AB", texts, strict=True)],
        minimum_effect=minimum_effect,
        days=days,
        seed=0,
        planned_groups=len(groups),
        allocation={str(group.pk): "" for group in groups},
        team=_only_team(groups, actor),
        author=actor,
    )
    experiment.seed = experiment.pk * 7919
    experiment.save(update_fields=["seed"])
    audit(actor=actor, action="experiment.create", target=experiment)
    return experiment


def _only_team(groups: Sequence[Group], actor: User) -> Team | None:
    if len({group.team_id for group in groups}) == 1:
        return groups[0].team
    if actor.has_perm("accounts.view_all_teams"):
        return None
    raise Invalid(
        _("一个实验里的群要属于同一个团队。"), hint=_("另一个团队的群，另建一个实验。"), field="groups"
    )


def _check(
    name: str, hypothesis: str, metric: str, texts: Sequence[str], minimum_effect: float, days: int
) -> None:
    if not name.strip():
        raise Invalid(_("请给实验起个名字。"), field="name")
    if not hypothesis.strip():
        raise Invalid(
            _("请写下你的假设。"), hint=_("例如：先说优惠再说商品，活跃率会高两成。"), field="hypothesis"
        )
    if metric not in comparable_metrics():
        raise Invalid(
            _("请选一个主要指标。"), hint=_("只选一个：看得越多，碰巧看到差别的机会越大。"), field="metric"
        )
    if len(texts) != 2 or not all(text.strip() for text in texts) or texts[0].strip() == texts[1].strip():
        raise Invalid(_("两个方案都要写，而且不一样。"), field="texts")
    if not 0 < minimum_effect <= 5:
        raise Invalid(_("想看出的变化要在 0 到 500 之间。"), field="minimum_effect")
    if not 1 <= days <= 90:
        raise Invalid(_("看 1 到 90 天。"), field="days")


@transaction.atomic
def start_experiment(*, experiment: Experiment, actor: User, now: datetime) -> Experiment:
    """Deal the groups out by seed and size, and draft each version's post to its groups: both still need approval.

    Raises ``NotAllowed``, ``WrongState`` if it has begun or one of its groups is in another by now.
    """
    experiment = _locked(experiment, actor)
    groups = _held(experiment, actor)
    if len(groups) < LEAST_GROUPS:
        raise WrongState(
            _("能用的群不到 %(least)d 个了。") % {"least": LEAST_GROUPS}, hint=_("请重新建一个实验。")
        )
    if taken := len(groups) - free_groups(actor).filter(pk__in=groups).count():
        raise WrongState(
            _("有 %(taken)d 个群已经在另一个实验里。") % {"taken": taken},
            hint=_("等那个实验结束再开始，或换一批群重新建。"),
        )
    current = Membership.objects.current().filter(group_id__in=groups).values("group_id")
    members = dict(current.annotate(n=Count("pk")).values_list("group_id", "n"))
    keys = [variant["key"] for variant in experiment.variants]
    dealt = allocate({pk: members.get(pk, 0) for pk in groups}, keys, seed=experiment.seed)
    move(
        experiment,
        ExperimentState.RUNNING,
        table=EXPERIMENT_MOVES,
        started_at=now,
        allocation={str(pk): key for pk, key in dealt.items()},
        planned_groups=len(dealt),
    )
    for variant in experiment.variants:
        write_post(
            post=None,
            values={
                "title": f"{experiment.name[:60]} · {variant['key']}",
                "body": variant["text"],
                "team": experiment.team,
            },
            groups=[groups[pk] for pk, key in dealt.items() if key == variant["key"]],
            actor=actor,
            now=now,
        )
    audit(actor=actor, action="experiment.start", target=experiment, groups=len(dealt))
    return experiment


def _held(experiment: Experiment, actor: User) -> dict[int, Group]:
    """Its groups that the actor sees and that are still of its team, locked: whoever starts another experiment with one
    of them waits here, and then finds it taken."""
    groups = Group.objects.visible_to(actor).filter(pk__in=[int(pk) for pk in experiment.allocation])
    if experiment.team_id is not None:
        groups = groups.filter(team_id=experiment.team_id)
    locked = groups.select_for_update(of=("self",), no_key=True).order_by("pk")
    return {group.pk: group for group in locked}


@transaction.atomic
def decide_experiment(
    *, experiment: Experiment, decision: str, reason: str, actor: User, now: datetime
) -> Experiment:
    """Close it with a version's key, or ``none`` (no difference, or broken off). Before its planned days are over only
    ``none`` can be decided: figures that happen to look good are no verdict.

    Raises ``Invalid``, ``NotAllowed``, ``WrongState``.
    """
    experiment = _locked(experiment, actor)
    keys = {variant["key"] for variant in experiment.variants}
    if decision not in keys | {NONE}:
        raise Invalid(_("请选一个决定。"), field="decision")
    if not reason.strip():
        raise Invalid(_("请写下理由。"), hint=_("以后的人会想知道为什么。"), field="reason")
    finding = finding_of(experiment, now=now)
    if decision != NONE and (finding is None or not finding.is_final):
        raise Invalid(
            _("计划的天数还没到，不能宣布哪个方案更好。"),
            hint=_("提前看到的差别多半是碰巧。可以等到那一天，或作“没有结论”结束。"),
            field="decision",
        )
    snapshot: Mapping[str, Any] = snapshot_of(finding)
    move(
        experiment,
        ExperimentState.DECIDED,
        table=EXPERIMENT_MOVES,
        decided_at=now,
        decision=decision,
        reason=reason.strip()[:500],
        snapshot=dict(snapshot),
    )
    audit(actor=actor, action="experiment.decide", target=experiment, reason=reason[:500], decision=decision)
    return experiment


def _locked(experiment: Experiment, actor: User) -> Experiment:
    if not actor.has_perm("analytics.change_experiment"):
        raise NotAllowed(_("你没有这个操作的权限。"), hint=_("需要的话，请联系社群架构师开通。"))
    found = (
        Experiment.objects.visible_to(actor).filter(pk=experiment.pk).select_for_update(of=("self",)).first()
    )
    if found is None:
        raise NotAllowed(_("这个实验属于别的团队。"), hint=_("请架构师把你加进对应的团队。"))
    return found
