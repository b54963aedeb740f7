"""What a kind of block is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apps.campaigns.blocks.fields import Field, FieldKind, Text
from apps.campaigns.enums import Section

ANYWHERE = (Section.TOP, Section.MIDDLE, Section.BOTTOM)


@dataclass(frozen=True)
class Block:
    """A kind of block 积木: words, fields and where it belongs. Instances live one to a file as ``BLOCK``; nothing
    else names them, and the phone page finds ``templates/h5/landing/blocks/<key>.html`` by the key.

    ``is_live``: its picture changes with the run (real numbers, real events); the page asks for it anew.
    """

    key: str
    label: Text
    help: Text
    icon: str  # Material Symbols name
    sections: tuple[Section, ...]
    inputs: tuple[Field, ...]
    is_live: bool = False

    def fields(self) -> list[dict[str, Any]]:
        """One dict per field: key, label, kind, help, most, least, each, is_required, choices, columns, default."""
        return [field.described() for field in self.inputs]

    def empty(self) -> dict[str, Any]:
        """Data of a block that was just added."""
        return {field.key: field.empty() for field in self.inputs}

    def clean(self, data: Mapping[str, Any], *, is_draft: bool = False) -> dict[str, Any]:
        """Every field and nothing else, as it is kept (S6). Raises ``Invalid`` whose ``field`` is the field's key.

        A draft may lack what is required; what is there must be sound all the same.
        """
        return {field.key: field.clean(data.get(field.key), is_draft=is_draft) for field in self.inputs}

    def tokens(self, data: Mapping[str, Any]) -> Iterator[str]:
        """Tokens of the pictures that ``data`` shows."""
        for field in self.inputs:
            found: Any = data.get(field.key) or ()
            if field.kind == FieldKind.PICTURE:
                found = (found,) if found else ()
            elif field.kind != FieldKind.PICTURES:
                continue
            yield from (token for token in found if isinstance(token, str))
