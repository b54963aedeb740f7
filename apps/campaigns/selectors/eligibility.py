"""Who may join, as a campaign keeps it: ids and words, cleaned of what nobody knows."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.core.numbers import wholes
from apps.core.sentences import listed
from apps.members.enums import Lifecycle
from apps.members.models import Tag, Tier


def clean_eligibility(raw: Mapping[str, Any]) -> dict[str, Any]:
    """``{"tags": [ids], "tiers": [ids], "groups": [ids], "lifecycles": [..], "is_new_only": bool}``: the shape
    that a run's plan has. Ids that are not numbers and words that are no lifecycle are dropped."""
    return {
        **{key: _ids(raw.get(key)) for key in ("tags", "tiers", "groups")},
        "lifecycles": [value for value in raw.get("lifecycles") or [] if value in Lifecycle.values],
        "is_new_only": bool(raw.get("is_new_only")),
    }


def _ids(values: Any) -> list[int]:
    return sorted(set(wholes(values or [])))


def eligibility_in_words(eligibility: Mapping[str, Any]) -> list[str]:
    """One line per condition; everybody may join when there is none. At most two queries."""
    wanted = clean_eligibility(eligibility)
    lines = []
    if wanted["is_new_only"]:
        lines.append(_("只限新成员"))
    if wanted["tags"]:
        names = Tag.objects.filter(pk__in=wanted["tags"]).values_list("name", flat=True)
        lines.append(_("有这些标签之一：%(names)s") % {"names": listed(names)})
    if wanted["tiers"]:
        tiers = Tier.objects.filter(pk__in=wanted["tiers"]).values_list("name", flat=True)
        lines.append(_("会员等级：%(names)s") % {"names": listed(tiers)})
    if wanted["lifecycles"]:
        phases = [label for value, label in Lifecycle.choices if value in wanted["lifecycles"]]
        lines.append(_("生命周期：%(names)s") % {"names": listed(phases)})
    if wanted["groups"]:
        lines.append(_("只限 %(count)d 个活动社群里的成员") % {"count": len(wanted["groups"])})
    return lines or [_("所有成员都能参加")]
