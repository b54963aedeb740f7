"""A file of facts: spend, check-ins, messages and orders that happened elsewhere.

Facts are never deleted, so such an import cannot be undone: its undo says so. A spend is corrected by a negative one.
"""

from django.utils.translation import gettext_lazy as _

from apps.analytics.importers.columns import COLUMNS
from apps.analytics.importers.facts import FactStep
from apps.analytics.importers.rules import CONTENT, MESSAGES, RULES
from apps.imports.services.targets import Target, register_target

register_target(
    Target(
        key="events",
        label=_("事件"),
        permission="events.add_event",
        model_label="events.event",
        identity=f"coalesce(r.fact_key, {CONTENT})",
        needs=("kind",),
        needs_text=_("没有指定事件种类，不知道记的是什么。"),
        columns=COLUMNS,
        steps=(FactStep(),),
        rules=RULES,
        messages=MESSAGES,
        kept_reasons={"fact.for_ever": _("事件只记不删；记错的花费请再记一笔负数冲正")},
        done_url="admin:events_event_changelist",
    )
)
