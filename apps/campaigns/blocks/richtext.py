"""Long texts: a little Markdown (paragraphs, bold, lists), never HTML of the writer's own (S6)."""

import html
import re

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable(["link", "image", "autolink"])
_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "h3", "blockquote", "hr"}
#: C0 and C1 controls but line feed, the characters that turn the direction of what follows, and halves of surrogate
#: pairs, which JSON can spell and neither a page nor the database can hold.
_HIDDEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def plain_text(text: str, *, is_line: bool) -> str:
    """``text`` without what nobody sees: controls, zero width, turned direction; one line of it if ``is_line``."""
    text = _HIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
    return " ".join(text.split()) if is_line else re.sub(r"\n{3,}", "\n\n", text).strip()


def clean_source(text: str) -> str:
    """Markdown as it is kept: HTML is taken out, with what stands inside scripts and styles."""
    text = plain_text(text, is_line=False)
    # What is left after taking a tag out may be a tag again.
    for _ in range(5):
        if not re.search(r"<[a-zA-Z/!?]", text):
            return text
        text = html.unescape(nh3.clean(text, tags=set(), clean_content_tags={"script", "style"}))
    return text.replace("<", "")


def to_html(text: str) -> SafeString:
    """Markdown as HTML, cleaned once more."""
    # Headings of a text stand below those of the page.
    made = re.sub(r"<(/?)h[1-6]>", r"<\1h3>", _MARKDOWN.render(text))
    return mark_safe(nh3.clean(made, tags=_TAGS, attributes={}))  # noqa: S308 - nh3 has just cleaned it
