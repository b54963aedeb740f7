"""Blocks as HTML: one template per kind, ``h5/landing/blocks/<kind>.html``, found by the kind's key."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template.loader import get_template
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from apps.campaigns.blocks.base import Block
from apps.campaigns.blocks.fields import FieldKind
from apps.campaigns.blocks.registry import all_blocks
from apps.campaigns.blocks.richtext import to_html
from apps.campaigns.enums import Section
from apps.campaigns.models import Campaign, LandingPicture, LandingVersion
from apps.campaigns.selectors.landing import starter_blocks
from apps.campaigns.services.landing.content import tokens_of
from apps.core.errors import Invalid
from apps.h5.selectors.landing_facts import Facts, price_words


@dataclass(frozen=True)
class Picture:
    """``src`` is the middle size; ``srcset`` all of them; the page is 34rem wide at most."""

    src: str
    srcset: str
    width: int
    height: int


def default_version(campaign: Campaign) -> LandingVersion:
    """The page shipped for the campaign's mechanic, in the active language; no row, its id is ``None``."""
    theme, blocks = starter_blocks(campaign)
    return LandingVersion(campaign=campaign, number=0, theme=theme, blocks=blocks)


def page_context(version: LandingVersion, facts: Facts, *, is_preview: bool = False) -> dict[str, Any]:
    """For ``h5/landing/page.html``."""
    pictures = pictures_of(version.blocks, version.campaign_id)
    blocks = list(_known(version.blocks))
    sections = [
        (section.value, render_section(section.value, blocks, facts, pictures, is_preview=is_preview))
        for section in Section
    ]
    hero = next((data for block, kind, data in blocks if kind.key == "hero"), {})
    return {
        "facts": facts,
        "version": version,
        "sections": [(name, html) for name, html in sections if html],
        "has_hero": bool(hero),
        "share_title": hero.get("headline") or facts.headline,
        "share_text": hero.get("sub") or str(facts.page.headline),
        "share_picture": share_picture(pictures.get(hero.get("picture", ""))),
        "site": settings.SITE_URL.rstrip("/"),
        "is_preview": is_preview,
        "addresses": addresses(facts),
    }


def render_live(version: LandingVersion, facts: Facts) -> dict[str, str]:
    """Block id → HTML, of those whose picture changes with the run."""
    pictures: dict[str, Picture] = {}
    return {
        block["id"]: _render(block, kind, data, facts, pictures, is_preview=False)
        for block, kind, data in _known(version.blocks)
        if kind.is_live
    }


def render_section(
    section: str,
    blocks: Iterable[tuple[Mapping[str, Any], Block, dict[str, Any]]],
    facts: Facts,
    pictures: Mapping[str, Picture],
    *,
    is_preview: bool,
) -> SafeString:
    """Blocks of one section; empty if it has none."""
    html = [
        _render(block, kind, data, facts, pictures, is_preview=is_preview)
        for block, kind, data in blocks
        if block["section"] == section
    ]
    return mark_safe("".join(html))  # noqa: S308 - made by templates


def _known(blocks: Iterable[Mapping[str, Any]]) -> Iterable[tuple[Mapping[str, Any], Block, dict[str, Any]]]:
    """Cleaned once more (S6): what is kept may be older than the rules it has to pass now."""
    for block in blocks:
        kind = all_blocks().get(block["kind"])
        if kind is None:
            continue
        try:
            yield block, kind, kind.clean(block["data"], is_draft=True)
        except Invalid:
            continue


def _render(
    block: Mapping[str, Any],
    kind: Block,
    data: Mapping[str, Any],
    facts: Facts,
    pictures: Mapping[str, Picture],
    *,
    is_preview: bool,
) -> str:
    shown = {field.key: _shown(field.kind, data[field.key], pictures) for field in kind.inputs}
    context = {
        "block": block,
        "kind": kind,
        "data": shown,
        "facts": facts,
        "is_preview": is_preview,
        "addresses": addresses(facts),
        "price": _price(facts, data),
    }
    return get_template(f"h5/landing/blocks/{kind.key}.html").render(context)


def _shown(kind: FieldKind, value: Any, pictures: Mapping[str, Picture]) -> Any:
    if kind == FieldKind.LONG:
        return to_html(value)
    if kind == FieldKind.PICTURE:
        return pictures.get(value)
    if kind == FieldKind.PICTURES:
        return [pictures[token] for token in value if token in pictures]
    if kind == FieldKind.MONEY:
        return value.removesuffix(".00")
    return value


def _price(facts: Facts, data: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the run asks; only where it says nothing, what the editor wrote."""
    if facts.offer is not None:
        usual = facts.offer.usual if facts.offer.usual > facts.offer.price else None
        return {
            "now": price_words(facts.offer.price),
            "usual": price_words(usual) if usual else data.get("original", "").removesuffix(".00"),
            "note": facts.offer.note,
        }
    if not data.get("price"):
        return None
    return {
        "now": data["price"].removesuffix(".00"),
        "usual": data.get("original", "").removesuffix(".00"),
        "note": "",
    }


def addresses(facts: Facts) -> dict[str, str]:
    """Where the page leads to. A preview of a campaign without a run leads nowhere."""
    pk = facts.run.pk
    found = {name: reverse(f"h5:{name}") for name in ("home", "me", "contact", "beacon")}
    of_run = ("run", "play", "board", "live", "seen")
    if pk is None:
        return found | dict.fromkeys((*of_run, "next"), "")
    found |= {name: reverse(f"h5:{name}", args=[pk]) for name in of_run}
    return found | {"next": reverse("h5:run", args=[facts.next_run.pk]) if facts.next_run else ""}


def pictures_of(blocks: Iterable[Mapping[str, Any]], campaign_id: int) -> dict[str, Picture]:
    """Pictures of the campaign that ``blocks`` show, by token; one query."""
    wanted = tokens_of(blocks)
    if not wanted:
        return {}
    rows = LandingPicture.objects.filter(campaign_id=campaign_id, token__in=wanted)
    return {row.token: _picture(row) for row in rows}


def _picture(row: LandingPicture) -> Picture:
    links = [
        (reverse("h5:landing_picture", args=[row.token, size["width"]]), size["width"]) for size in row.sizes
    ]
    middle = links[min(1, len(links) - 1)][0]
    srcset = ", ".join(f"{link} {width}w" for link, width in links)
    return Picture(middle, srcset, row.width, row.height)


def share_picture(picture: Picture | None) -> str:
    """An absolute address for chat apps that draw the card; "" without a picture."""
    return settings.SITE_URL.rstrip("/") + picture.src if picture else ""
