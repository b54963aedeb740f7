"""What a shipped landing page is made from."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.campaigns.blocks.fields import Text
from apps.campaigns.blocks.registry import get_block
from apps.campaigns.enums import Section, Theme

type Piece = dict[str, Any]


@dataclass(frozen=True)
class Words:
    """What the campaign says."""

    headline: str
    intro: str
    product: str


@dataclass(frozen=True)
class Starter:
    """A three-section page 上中下 to begin with. ``key`` is the mechanic's; ``steps`` say how it is played and
    ``questions`` are what people ask."""

    key: str
    theme: Theme
    bait: Text
    bait_text: Text
    steps: tuple[Text, ...]
    questions: tuple[tuple[Text, Text], ...]

    def blocks(self, words: Words) -> list[Piece]:
        """Blocks as a version keeps them, cleaned, with ids that say their place."""
        found = []
        for number, (kind, section, data) in enumerate(self._pieces(words), 1):
            clean = get_block(kind).clean(data, is_draft=True)
            found.append({"id": f"{number:08x}", "kind": kind, "section": section.value, "data": clean})
        return found

    def _pieces(self, words: Words) -> Iterator[tuple[str, Section, dict[str, Any]]]:
        top, middle, bottom = Section.TOP, Section.MIDDLE, Section.BOTTOM
        yield "hero", top, {"headline": words.headline[:40]}
        yield "offer", top, {"title": words.product[:30]}
        yield "progress", top, {}
        yield "bait", top, {"title": str(self.bait), "text": str(self.bait_text)}
        yield "steps", middle, {"items": [str(step) for step in self.steps]}
        yield "ticker", middle, {"title": _("刚刚发生")}
        questions = [[str(question), str(answer)] for question, answer in self.questions]
        yield "faq", middle, {"items": [*questions, *_common()]}
        yield "rules", bottom, {"text": words.intro[:3000]}
        yield "action", bottom, {"text": _("看明白了，就开始吧")}


def _common() -> list[list[str]]:
    return [
        [_("要花钱才能看吗？"), _("看页面不用登录，也不花钱。参加时用手机号登录，是为了把礼品发到你名下。")],
        [_("我的手机号会被别人看到吗？"), _("不会。别人只看得到你昵称的第一个字。")],
    ]
