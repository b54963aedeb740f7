"""Phone numbers: one canonical form, E.164 (M3)."""

import re
import unicodedata

import phonenumbers
from django.utils.translation import gettext_lazy as _

from apps.core.errors import Invalid

_NOISE = re.compile(r"[\s\-()（）.·'’‘`\u200b\ufeff\u00a0]+")
_CARRIED = frozenset(
    {
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
        phonenumbers.PhoneNumberType.PERSONAL_NUMBER,
    }
)
_MAINLAND_MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9]\d{9})\Z", re.ASCII)


def canonical_phone(text: str, *, region: str = "CN") -> str:
    """Return ``text`` as E.164 (``+8613800138000``).

    Full-width digits, spaces, hyphens, a leading apostrophe and ``+86``/``86``/``0086`` are understood.
    Mainland mobiles take a fast path because ``phonenumbers`` is slow per call.
    Raises ``Invalid`` if it cannot be a number of ``region`` or an international one.
    """
    squeezed = _NOISE.sub("", unicodedata.normalize("NFKC", text))
    if match := _MAINLAND_MOBILE.fullmatch(squeezed):
        return f"+86{match[1]}"
    try:
        number = phonenumbers.parse(squeezed, region)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise Invalid(
            _("手机号不正确。"), hint=_("请填 11 位大陆手机号，或带国家码的号码，如 +852…。"), field="phone"
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def mask_phone(phone: str | None) -> str:
    """Return an E.164 number with its middle hidden: ``138****8000``; foreign ones keep country and last two."""
    if not phone:
        return ""
    if phone.startswith("+86") and len(phone) == 14:
        return f"{phone[3:6]}****{phone[-4:]}"
    return f"{phone[:4]}****{phone[-2:]}"


def canonical_mobile(text: str, *, region: str = "CN") -> str:
    """Return ``canonical_phone(text)`` if a person can carry that number; a fixed line raises ``Invalid``.

    A member's phone names one person, and a fixed line is shared: in member files the number of an office
    or a shop repeats, and would melt its callers into one member.
    """
    phone = canonical_phone(text, region=region)
    if phone.startswith("+861") and _MAINLAND_MOBILE.fullmatch(phone):
        return phone
    kind = phonenumbers.number_type(phonenumbers.parse(phone))
    if kind not in _CARRIED:
        raise Invalid(
            _("这是固定电话，不是手机号。"),
            hint=_("请填本人的手机号，固定电话可以写在备注里。"),
            field="phone",
        )
    return phone


def mask_digits(text: str) -> str:
    """Return what somebody typed as a number with all but its first three and last two characters hidden."""
    return text if len(text) <= 5 else f"{text[:3]}{'*' * (len(text) - 5)}{text[-2:]}"
