"""How members are called before others: never a phone, never more than a first character."""

import unicodedata

from django.utils.translation import gettext as _

_HIDDEN = "**"


def initial_of(nickname: str) -> str:
    """The first character of a nickname that can be seen, "" if there is none.

    Marks that hang on another character, invisible ones and those that turn the direction of what follows are no
    characters of a name: alone they would garble the page around them.
    """
    return next(
        (sign for sign in nickname if unicodedata.category(sign)[0] in "LNPS" and sign not in _BLANK), ""
    )


def public_name(nickname: str) -> str:
    """``王**``; 一位朋友 for a nickname without anything to see: whoever came by phone has none yet."""
    initial = initial_of(nickname)
    return f"{initial}{_HIDDEN}" if initial else _("一位朋友")


#: Letters by their category, and yet nothing to see: Hangul fillers and the empty Braille pattern.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")
