"""Names put together inside a sentence, as the reader's language does it."""

from collections.abc import Iterable

from django.utils.translation import gettext as _


def listed(names: Iterable[object]) -> str:
    """Return ``甲、乙`` in Chinese, ``A, B`` in English."""
    return _("、").join(str(name) for name in names)


def with_note(text: object, note: object) -> str:
    """Return ``甲（乙）`` in Chinese, ``A (B)`` in English."""
    return _("%(text)s（%(note)s）") % {"text": text, "note": note}


def labelled(label: object, text: object) -> str:
    """Return ``甲：乙`` in Chinese, ``A: B`` in English."""
    return _("%(label)s：%(text)s") % {"label": label, "text": text}
