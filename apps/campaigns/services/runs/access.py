"""Who may run campaigns (S1), and holding rows while it is done.

Order: the campaign, then one run. Nothing here touches entries while it holds a run (the house's lock order).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, models, transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Run
from apps.core.errors import NotAllowed, WrongState

LAUNCH = "campaigns.launch_campaign"

#: How long a run's row is waited for, and then the table of runs, during which all verbs wait too.
PATIENCE_MS = 500
LAST_PATIENCE_MS = 1_000


def check_may(actor: User, thing: Campaign | Run, permission: str = LAUNCH) -> None:
    """Raise ``NotAllowed`` unless ``actor`` has ``permission`` and may see ``thing``."""
    if not actor.is_active or not actor.has_perm(permission):
        raise NotAllowed(_("你没有这个操作的权限。"), hint=_("需要的话，请联系社群架构师开通。"))
    if not type(thing).objects.visible_to(actor).filter(pk=thing.pk).exists():  # type: ignore[union-attr]
        raise NotAllowed(_("“%(thing)s”不在你的团队里。") % {"thing": thing}, hint=_("请联系活动负责人。"))


def lock_campaign(campaign_id: int, *, skip_locked: bool = False) -> Campaign | None:
    """The campaign as it is now, its row held; ``None`` if it is gone or, with ``skip_locked``, held elsewhere.

    Verbs do not take this lock. It does not hold up rows that refer to the campaign.
    """
    rows = Campaign.objects.select_for_update(of=("self",), no_key=True, skip_locked=skip_locked)
    return rows.select_related("owner", "team").filter(pk=campaign_id).first()


def lock_run(run_id: int, *, skip_locked: bool = False, states: frozenset[str] | None = None) -> Run | None:
    """The run as it is now, its row held against verbs (they share it) and other beats; waits for verbs under way.

    ``None`` if it is gone, or no longer in ``states`` once it could be held. Raises ``OperationalError`` when
    even the short way round of ``_behind_the_verbs`` is not free.
    """
    rows = Run.objects.select_for_update(of=("self",), no_key=True, skip_locked=skip_locked)
    found = rows.select_related("campaign__owner", "campaign__team").filter(pk=run_id)
    if states is not None:
        found = found.filter(state__in=states)
    if skip_locked:
        return found.first()
    try:
        with transaction.atomic(), _patience(PATIENCE_MS):
            return found.first()
    except OperationalError:
        with _patience(LAST_PATIENCE_MS):
            _behind_the_verbs()
            return found.first()


def _behind_the_verbs() -> None:
    """Hold the table of runs for a moment, so that the row comes free.

    PostgreSQL lets a sharer of a row in past those who wait to have it alone: where verbs overlap without a gap,
    as on a hot run, pausing or ending it would wait for ever. Locks of tables are queued fairly: verbs (which
    hold a row share on the table) that came before are waited for, later ones of any run wait these milliseconds.
    """
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE campaigns_run IN EXCLUSIVE MODE")


@contextmanager
def _patience(milliseconds: int) -> Iterator[None]:
    """Within it no statement takes longer; afterwards the transaction's own setting holds again.

    (``lock_timeout`` would not do: a row shared by many is waited for sharer by sharer, each a short wait.)
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        before = cursor.fetchone()[0]
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{milliseconds}ms"])
        yield
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])


def held_run(run: Run, states: frozenset[str]) -> Run:
    """``run`` locked for an action that is possible in ``states``; raises ``WrongState`` otherwise, or when the
    run is too busy to be had."""
    try:
        with transaction.atomic():
            locked = lock_run(run.pk)
    except OperationalError as error:
        raise WrongState(
            _("这一期正忙，没能执行，什么都没有改。"), hint=_("请马上再试一次。"), code="busy"
        ) from error
    if locked is None or locked.state not in states:
        raise stale(locked or run)
    return locked


def stale(thing: models.Model) -> WrongState:
    """The refusal for a thing that is not in a state for what was asked."""
    return WrongState(
        _("“%(thing)s”现在是“%(state)s”，不能这样操作。")
        % {"thing": thing, "state": thing.get_state_display()},  # type: ignore[attr-defined]
        hint=_("刷新页面看看最新状态。"),
    )
