"""Guessing which column is what: by memory, by name, by content."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence

from apps.imports.models import RememberedMapping
from apps.imports.selectors.files import PROBLEM_HEADER, Preview, data_width
from apps.imports.services.targets import Column, Target

_NOISE = re.compile(r"[\s_\-*:：#/()（）\[\]【】.]+")
_MOSTLY = 0.6


def fingerprint(headers: Sequence[str]) -> str:
    """A digest of a header line, the same for the same names in the same order."""
    names = "\x1f".join(_plain(header) for header in headers[: data_width(headers)])
    return hashlib.sha256(names.encode()).hexdigest()


def guess_mapping(target: Target, preview: Preview) -> dict[str, str]:
    """{column index as text: target column key}: what was right for these headers before, else a guess.

    By exact name first, then by the longest alias within a name, then by content for columns that name
    a pattern. A target column is used once.
    """
    remembered = RememberedMapping.objects.filter(
        target=target.key, fingerprint=fingerprint(preview.headers)
    ).first()
    known = {column.key for column in target.columns}
    if remembered and set(remembered.mapping.values()) <= known:
        return dict(remembered.mapping)
    names = [_plain(header) for header in preview.headers[: data_width(preview.headers)]]
    found: dict[int, str] = {}
    for index, name in enumerate(names):
        for column in target.columns:
            if name in _names(column) and column.key not in found.values():
                found[index] = column.key
                break
    for index, name in enumerate(names):
        if index in found or not name or name == PROBLEM_HEADER:
            continue
        hits = [
            (len(alias), column.key)
            for column in target.columns
            for alias in _names(column)
            if len(alias) >= 2 and alias in name and column.key not in found.values()
        ]
        if hits:
            found[index] = max(hits)[1]
    for column in target.columns:
        if column.looks_like and column.key in target.needs and column.key not in found.values():
            for index in range(len(names)):
                if index not in found and _share(preview, index, column.looks_like) >= _MOSTLY:
                    found[index] = column.key
                    break
    return {str(index): key for index, key in sorted(found.items())}


def names_anything(target: Target, headers: Sequence[str]) -> bool:
    """Whether any cell of the line is the name of a column of the target."""
    names = {_plain(header) for header in headers}
    return any(names & _names(column) for column in target.columns)


def _names(column: Column) -> set[str]:
    return {_plain(str(column.label)), *(_plain(alias) for alias in column.aliases)}


def _plain(text: str) -> str:
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).lower()


def _share(preview: Preview, index: int, pattern: str) -> float:
    values = [row[index].strip() for _n, row in preview.rows if index < len(row) and row[index].strip()]
    return sum(bool(re.fullmatch(pattern, value)) for value in values) / len(values) if values else 0
