"""Find the strings that are marked for translation."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation.template import templatize

# Function → which positional arguments are (context, singular, plural).
SIGNATURES: dict[str, tuple[int | None, int, int | None]] = {
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
_STRING = r"u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
# Without one of these a Python file marks nothing; parsing a thousand of them to find that out takes seconds.
_MAY_MARK = re.compile(r"gettext|\b_\(")
_TEMPLATE_CALL = re.compile(rf"\b(_|n?p?gettext)\(\s*({_STRING}(?:\s*,\s*{_STRING})*)(?:\s*,\s*count)?\s*\)")

type Key = tuple[str | None, str]


@dataclass
class Message:
    """A string to translate. ``places`` are file names, or package names for libraries."""

    context: str | None
    singular: str
    plural: str | None = None
    places: set[str] = field(default_factory=set)

    @property
    def key(self) -> Key:
        return (self.context, self.singular)


class Unreadable(Exception):
    """A marked string that no extraction can know, such as ``_(f"…")``. Args: sentences with file and line."""


def extract(files: Iterable[tuple[Path, str]], *, strict: bool = True) -> dict[Key, Message]:
    """Return the messages of ``(file, place)`` pairs, by context and text.

    Raises ``Unreadable`` with all places where a marked string is not a literal; unless ``strict``, passes
    over them (they can never be found at run time either).
    """
    found: dict[Key, Message] = {}
    unreadable: list[str] = []
    for file, place in files:
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".py":
            messages = list(_from_python(text, str(file), unreadable))
        else:
            messages = list(_from_template(text, str(file)))
        for message in messages:
            known = found.setdefault(message.key, message)
            known.plural = known.plural or message.plural
            known.places.add(place)
    if unreadable and strict:
        raise Unreadable(*unreadable)
    return found


def _from_python(text: str, name: str, unreadable: list[str]) -> Iterator[Message]:
    if not _MAY_MARK.search(text):
        return
    nodes = list(ast.walk(ast.parse(text, name)))
    aliases = {function: function for function in SIGNATURES}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            aliases |= {
                item.asname: item.name for item in node.names if item.asname and item.name in SIGNATURES
            }
    for node in nodes:
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called not in aliases:
            continue
        wanted = SIGNATURES[aliases[called]]
        if any(index is not None and index >= len(node.args) for index in wanted):
            continue  # another function of the same name
        values = [None if index is None else _literal(node.args[index]) for index in wanted]
        if values[1] is None:
            if _is_composed(node.args[wanted[1]]):
                unreadable.append(f"{name}:{node.lineno}: mark the whole sentence, then fill it in: _(…) % …")
            continue
        if values[1]:
            yield Message(values[0], values[1], values[2])


def _literal(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _literal(node.left), _literal(node.right)
        return None if left is None or right is None else left + right
    return None


def _is_composed(node: ast.expr) -> bool:
    """Tell a sentence put together before it is looked up from a variable, which may hold a marked one."""
    if isinstance(node, ast.JoinedStr | ast.BinOp):
        return True
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "format"
        and _literal(node.func.value) is not None
    )


def _from_template(text: str, name: str) -> Iterator[Message]:
    for match in _TEMPLATE_CALL.finditer(templatize(text, origin=name)):
        context, singular, plural = SIGNATURES[match[1]]
        values = ast.literal_eval(f"({match[2]},)")
        if values[singular]:
            yield Message(
                None if context is None else values[context],
                values[singular],
                None if plural is None else values[plural],
            )
