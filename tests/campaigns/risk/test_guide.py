"""The operator's page says what the rules are."""

from pathlib import Path

import pytest

from apps.campaigns.risk.policy import HOLD_FROM
from apps.campaigns.risk.registry import all_rules

GUIDE = (Path(__file__).parents[3] / "docs/guide/risk.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("key", all_rules())
def test_guide_names_every_rule_with_its_defaults(key: str) -> None:
    rule = all_rules()[key]
    _before, _title, section = GUIDE.partition(f"### {rule.label}\n")
    section = section.partition("\n##")[0]
    assert section, rule.label
    for item in rule.described():
        if item["name"] != "is_on":
            assert f"| {item['label']} | {item['default']} {item['unit']} |" in section, item["name"]


def test_guide_names_the_threshold() -> None:
    assert f"门槛（默认 {HOLD_FROM} 分）" in GUIDE
