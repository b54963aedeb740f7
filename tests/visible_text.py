"""What a reader of an HTML page sees: text, and the attributes that browsers show or read aloud."""

from html.parser import HTMLParser

HIDDEN = {"script", "style", "template", "svg"}
SHOWN_ATTRIBUTES = ("title", "placeholder", "aria-label", "alt")
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class _Reader(HTMLParser):
    def __init__(self, skip_actions: tuple[str, ...]) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.skip_actions = skip_actions
        self.stack: list[tuple[str, bool]] = []

    @property
    def hidden(self) -> bool:
        return any(hides for _, hides in self.stack)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        # The text inside an icon names its glyph; the language chooser names each language in itself.
        hides = (
            tag in HIDDEN
            or "material-symbols" in values.get("class", "")
            or (tag == "form" and values.get("action") in self.skip_actions)
        )
        if not self.hidden and not hides:
            self.found += [values[name] for name in SHOWN_ATTRIBUTES if values.get(name)]
            if tag == "input" and values.get("type") in ("submit", "button", "reset"):
                self.found.append(values.get("value", ""))
        if tag not in VOID:
            self.stack.append((tag, hides))

    def handle_endtag(self, tag: str) -> None:
        for index in range(len(self.stack) - 1, -1, -1):
            if self.stack[index][0] == tag:
                del self.stack[index:]
                return

    def handle_data(self, data: str) -> None:
        if data.strip() and not self.hidden:
            self.found.append(data.strip())


def visible_text(html: str, *, skip_actions: tuple[str, ...] = ()) -> list[str]:
    """Return the pieces of text on a page, in order. Forms that post to ``skip_actions`` are left out."""
    reader = _Reader(skip_actions)
    reader.feed(html)
    return reader.found
