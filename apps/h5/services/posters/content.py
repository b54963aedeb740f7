"""What a poster says: the offer as strangers see it, who hands it on, where it leads."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from apps.accounts.enums import NoticeLevel
from apps.campaigns.api.shapes import public_name
from apps.campaigns.enums import LandingState
from apps.campaigns.models import LandingPicture, LandingVersion, ShareLink
from apps.campaigns.selectors.pages import run_view
from apps.campaigns.selectors.plans import plan_of
from apps.campaigns.services.recurrence import moment_in_words
from apps.campaigns.services.runs.telling import tell
from apps.campaigns.services.sharing import short_url
from apps.h5.services.posters.letters import STAND_IN, drawable

#: Part of the digest: another way of drawing is another picture.
_DRAWING = 1
_MOST_LINES = 3
_WIDE_ENOUGH = 750


@dataclass(frozen=True)
class Content:
    """Everything that a poster's pixels depend on; only what the font can draw.

    ``mark`` is the mechanic's one character, ``picture`` a name in the media store or "", ``name`` who hands it on
    or "".
    """

    theme: str
    mark: str
    label: str
    headline: str
    offer: str
    lines: tuple[str, ...]
    until: str
    name: str
    call: str
    url: str
    picture: str

    @property
    def digest(self) -> str:
        """32 hex characters; the same content, the same picture."""
        matter = json.dumps([_DRAWING, asdict(self)], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(matter.encode()).hexdigest()[:32]


def says(link: ShareLink, *, is_own: bool) -> Content:
    """The poster of ``link`` (with its run, campaign, inviter); in the house's language, as it goes to groups, and
    without anything that changes while the run goes on: a picture in a chat stays as it was.

    ``is_own``: its owner asks, so their name is written out; for others it is what strangers see. Operators are
    told, once, of letters that the font lacks.
    """
    run = link.run
    campaign = run.campaign
    plan = plan_of(run.pk, run.revision)
    with translation.override(settings.LANGUAGE_CODE):
        page = run_view(run, member_id=None, now=run.opens_at)
        texts = [campaign.headline or plan.title, str(page.headline), *(str(line) for line in page.lines)]
        typed = [drawable(text) for text in texts]
        name = ""
        if link.inviter is not None:
            shown = link.inviter.nickname if is_own else public_name(link.inviter.nickname)
            plain = drawable(shown)
            typed.append(plain)
            name = plain.text if plain.text.strip(f"* {STAND_IN}") else _("一位朋友")
        missing = frozenset[str]().union(*(plain.missing for plain in typed))
        if missing:
            _tell_of(missing, link)
        headline, offer, *lines = [plain.text for plain in typed[: len(texts)]]
        headline = headline or drawable(plan.title).text or offer  # of emoji alone nothing is left
        version = _live_version(campaign.pk)
        return Content(
            theme=version.theme if version else "red",
            mark=plan.mechanic.mark,
            label=str(plan.mechanic.label),
            headline=headline,
            offer=offer if offer != headline else "",
            lines=tuple(line for line in lines if line)[:_MOST_LINES],
            until=drawable(
                _("%(end)s 截止") % {"end": moment_in_words(run.closes_at, campaign.timezone)}
            ).text,
            name=name,
            call=_("邀请你一起来") if name else _("扫码看看怎么参加"),
            url=short_url(link.code),
            picture=_picture(campaign.pk, version),
        )


def _tell_of(missing: frozenset[str], link: ShareLink) -> None:
    letters = "".join(sorted(missing))[:20]
    digest = hashlib.sha256(letters.encode()).hexdigest()[:12]
    tell(
        link.run,
        key=f"run:{link.run_id}:poster-letters:{digest}",
        text=_("海报的字库里没有这些字：%(letters)s。海报上用“＊”代替，标题里有的话请换个写法。")
        % {"letters": letters},
        level=NoticeLevel.WARNING,
    )


def _live_version(campaign_id: int) -> LandingVersion | None:
    live = LandingVersion.objects.filter(campaign_id=campaign_id, state=LandingState.LIVE)
    return live.order_by("variant").first()


def _picture(campaign_id: int, version: LandingVersion | None) -> str:
    """The first picture on the live page, in a size that fills the poster's width."""
    words = list(dict.fromkeys(_words(version.blocks))) if version else []
    if not words:
        return ""
    found = {
        row.token: row for row in LandingPicture.objects.filter(campaign_id=campaign_id, token__in=words)
    }
    for word in words:
        if word in found and found[word].sizes:
            sizes = found[word].sizes
            return str(next((s for s in sizes if s["width"] >= _WIDE_ENOUGH), sizes[-1])["name"])
    return ""


def _words(value: Any) -> Iterator[str]:
    """Every short text in a block's data: a picture is named by its token, wherever a kind of block keeps it."""
    if isinstance(value, str):
        if 8 <= len(value) <= 32:
            yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _words(item)
    elif isinstance(value, list):
        for item in value:
            yield from _words(item)
