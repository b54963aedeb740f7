"""What a good entry looks like, whoever wrote it."""

import re
from collections import Counter
from collections.abc import Iterator

import polib

PLACEHOLDER = re.compile(
    r"%\([^)]+\)[-#0 +]*\d*(?:\.\d+)?[a-zA-Z]"  # %(name)s
    r"|%[-#0 +]*\d*(?:\.\d+)?[sdrfgxi]"  # %s
    r"|\{\{.*?\}\}"  # {{ group.name }}, shown as it is
    r"|\{[^{}]*\}"  # {name}
)
TAG = re.compile(r"</?[a-zA-Z][a-zA-Z0-9]*")
CJK = re.compile(r"[\u2e80-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
LATIN_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]+")
# Stays Chinese in English, and English in Chinese.
CHINESE_NAMES = ("群策", "简体中文")
LATIN_NAMES = frozenset(
    [
        "AM",
        "API",
        "BSON",
        "CAC",
        "CSV",
        "Django",
        "DRF",
        "Excel",
        "GB",
        "GET",
        "HTML",
        "HTTP",
        "HTTPS",
        "ID",
        "IP",
        "IPv4",
        "IPv6",
        "JSON",
        "KB",
        "LTV",
        "MB",
        "Markdown",
        "ODS",
        "OK",
        "PB",
        "PM",
        "POST",
        "ROI",
        "Redoc",
        "Slug",
        "Swagger",
        "Telegram",
        "Token",
        "TB",
        "TSV",
        "UI",
        "URL",
        "UUID",
        "XLS",
        "XLSX",
        "YAML",
    ]
)


def faults(entry: polib.POEntry, language: str) -> Iterator[str]:
    """Yield what is wrong with an entry of the catalogue ``en`` or ``zh_Hans``."""
    texts = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
    if entry.fuzzy:
        yield "fuzzy: confirm it and remove the mark"
        return
    if not texts or not all(texts):
        yield "not translated"
        return
    original = entry.msgid_plural or entry.msgid
    for text in texts:
        # English may say "one member" where the plural counts; the last form must count.
        if _placeholders(text) != _placeholders(original) and not (
            text is not texts[-1] and _placeholders(text) <= _placeholders(original)
        ):
            yield f"placeholders differ: {text!r}"
        if Counter(TAG.findall(text)) != Counter(TAG.findall(original)):
            yield f"HTML tags differ: {text!r}"
        if _edges(text) != _edges(original):
            yield f"begins or ends with another line break: {text!r}"
        if language == "en" and CJK.search(without_names(text)):
            yield f"Chinese in the English text: {text!r}"
        if language == "zh_Hans" and is_english(text):
            yield f"not Chinese: {text!r}"


def without_names(text: str) -> str:
    """Return the text without the Chinese names that every language shows."""
    for name in CHINESE_NAMES:
        text = text.replace(name, "")
    return text


def is_english(text: str) -> bool:
    """Tell whether a text has words and none of them is Chinese. Names such as CSV are no words."""
    words = LATIN_WORD.findall(TAG.sub("", PLACEHOLDER.sub("", text)))
    return not CJK.search(text) and bool(set(words) - LATIN_NAMES)


def _placeholders(text: str) -> Counter[str]:
    return Counter(found for found in PLACEHOLDER.findall(text.replace("%%", "")))


def _edges(text: str) -> tuple[bool, bool]:
    return text.startswith("\n"), text.endswith("\n")
