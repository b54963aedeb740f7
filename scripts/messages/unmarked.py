"""Chinese that a page would show in every language: not marked for translation."""

import re
from collections.abc import Iterator
from pathlib import Path

from django.template.base import Lexer, TokenType

from .rules import CJK, without_names

_HTML_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_JS_COMMENT = re.compile(r"/\*.*?\*/|(?<!:)//[^\n]*", re.DOTALL)
_MARKED = re.compile(r"_\((?:\".*?\"|'.*?')\)|^\s*trans(?:late)?\s+(?:\".*?\"|'.*?')")


def unmarked(file: Path, name: str) -> Iterator[str]:
    """Yield a sentence per stretch of unmarked Chinese in a template or script.

    Python is left out: its Chinese constants are data (column names, patterns) as often as sentences.
    """
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".js":
        stretches = [(1, _blank(_JS_COMMENT, text))]
    else:
        stretches = list(_outside_marks(_blank(_HTML_COMMENT, text)))
    for start, stretch in stretches:
        for number, line in enumerate(stretch.splitlines(), start):
            if CJK.search(without_names(line)):
                yield f"{name}:{number}: not marked for translation: {line.strip()[:60]}"


def _outside_marks(text: str) -> Iterator[tuple[int, str]]:
    """Yield ``(line, text)`` of what stands in a template outside of translation tags and comments."""
    until = ""
    for token in Lexer(text).tokenize():
        tag = token.contents.split()[0] if token.contents.split() else ""
        if token.token_type == TokenType.BLOCK and until:
            until = "" if tag == until else until
        elif until or token.token_type == TokenType.COMMENT:
            continue
        elif token.token_type == TokenType.BLOCK and tag in ("blocktranslate", "blocktrans", "comment"):
            until = f"end{tag}"
        elif token.token_type == TokenType.TEXT:
            yield token.lineno or 1, token.contents
        else:
            yield token.lineno or 1, _MARKED.sub("", token.contents)


def _blank(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda match: "\n" * match[0].count("\n"), text)
