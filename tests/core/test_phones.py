"""M3: one canonical form."""

import pytest

from apps.core.errors import Invalid
from apps.core.phones import canonical_mobile, canonical_phone, mask_digits, mask_phone


@pytest.mark.parametrize(
    "text",
    [
        "13800138000",
        "+86 13800138000",
        "86 138-0013-8000",
        "008613800138000",
        "'13800138000",
        "１３８００１３８０００",
        " 138 0013 8000\u3000",
    ],
)
def test_every_spelling_of_a_mobile_is_one_number(text):
    assert canonical_mobile(text) == canonical_phone(text) == "+8613800138000"


@pytest.mark.parametrize(
    "text", ["", "12345", "158500986249", "1380013800", "很多", "010-88886666", "+861012345678"]
)
def test_what_nobody_carries_is_refused(text):
    with pytest.raises(Invalid):
        canonical_mobile(text)


def test_a_foreign_mobile_is_welcome():
    assert canonical_mobile("+852 5123 4567") == "+85251234567"


def test_masks():
    assert mask_phone("+8613800138000") == "138****8000"
    assert mask_digits("158500986249") == "158*******49"
    assert mask_digits("12345") == "12345"
