"""Channels of links in words."""

from django.utils.translation import gettext as _

from apps.channels.enums import Platform


def channel_words() -> dict[str, str]:
    """What links of our own making call their channel, in words; operators' own names stand for themselves."""
    return {
        **{str(key): str(word) for key, word in Platform.choices},
        "share": _("成员分享"),
        "poster": _("海报"),
    }
