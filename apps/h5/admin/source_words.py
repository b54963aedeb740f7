"""Where a visit came from, in words."""

from django.utils.translation import gettext as _

from apps.h5.models import Touch


def source_in_words(touch: Touch) -> str:
    """Channel, group, post, UTM source, referring site: what is known; the touch comes with its link's group."""
    parts = []
    if touch.channel:
        parts.append(touch.channel)
    if touch.group_id:
        group = touch.link.group if touch.link else None
        parts.append(str(group) if group else _("社群 #%(id)d") % {"id": touch.group_id})
    if touch.post_id:
        parts.append(_("帖子 #%(id)d") % {"id": touch.post_id})
    if source := (touch.utm or {}).get("utm_source"):
        parts.append(f"utm_source={source}")
    if touch.referrer:
        parts.append(touch.referrer)
    return " · ".join(parts) or _("直接打开")
