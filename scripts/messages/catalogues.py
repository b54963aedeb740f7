"""The two catalogues on disk, and what each must hold."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polib

from .extraction import Key, Message
from .rules import PLACEHOLDER, faults
from .sources import ROOT

PLURALS = {"en": "nplurals=2; plural=(n != 1);", "zh_Hans": "nplurals=1; plural=0;"}
# Below this a changed sentence is no help to whoever translates the new one.
ALIKE = 0.75


@dataclass
class Catalogue:
    """One language. ``required`` must be translated; ``allowed`` (a superset) may be, to say it better."""

    language: str
    required: dict[Key, Message]
    allowed: dict[Key, Message] = field(default_factory=dict)
    folder: Path = ROOT / "locale"

    def __post_init__(self) -> None:
        self.allowed = {**self.allowed, **self.required}

    @property
    def po(self) -> Path:
        return self.folder / self.language / "LC_MESSAGES" / "django.po"

    @property
    def mo(self) -> Path:
        return self.po.with_suffix(".mo")

    def update(self) -> list[str]:
        """Merge the messages into the file and compile it. Returns what a person has to do still.

        A new sentence that resembles one that left takes over its translation, marked fuzzy.
        """
        old = {_key(entry): entry for entry in self._read() if not entry.obsolete}
        left = {key: entry for key, entry in old.items() if key not in self.allowed}
        new = polib.POFile(wrapwidth=100)
        new.header = "Written by `make messages`; translate by editing msgstr."
        new.metadata = {
            "Project-Id-Version": "community-ops",
            "Language": self.language,
            "MIME-Version": "1.0",
            "Content-Type": "text/plain; charset=UTF-8",
            "Content-Transfer-Encoding": "8bit",
            "Plural-Forms": PLURALS[self.language],
        }
        kept = {key for key in self.allowed if key in self.required or key in old}
        for message in sorted((self.allowed[key] for key in kept), key=_position):
            new.append(self._entry(message, old.get(message.key), left))
        self.po.parent.mkdir(parents=True, exist_ok=True)
        new.save(str(self.po))
        self.mo.write_bytes(new.to_binary())
        return list(self.problems())

    def problems(self) -> Iterator[str]:
        """Yield what keeps this catalogue from being complete, true and compiled."""
        if not self.po.exists():
            yield f"{self.language}: {self.po} is missing"
            return
        read = self._read()
        entries = {_key(entry): entry for entry in read if not entry.obsolete}
        for key in self.required.keys() - entries.keys():
            yield self._say(key[1], "new in the source, not in the catalogue")
        for key in entries.keys() - self.allowed.keys():
            yield self._say(key[1], "no longer in the source")
        for entry in read.obsolete_entries():
            yield self._say(entry.msgid, "obsolete")
        for key, entry in entries.items():
            for fault in faults(entry, self.language):
                yield self._say(entry.msgid, fault)
            message = self.allowed.get(key)
            if message and (entry.msgid_plural or None) != message.plural:
                yield self._say(entry.msgid, "its plural changed in the source")
        if not self.mo.exists() or self.mo.read_bytes() != read.to_binary():
            yield f"{self.language}: the compiled file is stale"

    def _read(self) -> polib.POFile:
        if not self.po.exists():
            return polib.POFile()
        return polib.pofile(str(self.po), wrapwidth=100, check_for_duplicates=True)

    def _entry(
        self, message: Message, known: polib.POEntry | None, left: dict[Key, polib.POEntry]
    ) -> polib.POEntry:
        entry = polib.POEntry(
            msgctxt=message.context,
            msgid=message.singular,
            msgid_plural=message.plural or "",
            occurrences=[(place, "") for place in sorted(message.places)],
        )
        if known is None:
            alike = difflib.get_close_matches(message.singular, [text for _, text in left], 1, ALIKE)
            known = next((found for (_, text), found in left.items() if text in alike), None)
            fuzzy = known is not None
        else:
            fuzzy = known.fuzzy or (known.msgid_plural or None) != message.plural
        self._take_over(entry, known)
        if any(found.startswith("%") for found in PLACEHOLDER.findall(entry.msgid + entry.msgid_plural)):
            entry.flags.append("python-format")
        if fuzzy:
            entry.flags.insert(0, "fuzzy")
        return entry

    def _take_over(self, entry: polib.POEntry, known: polib.POEntry | None) -> None:
        texts: list[str] = []
        if known is not None:
            entry.comment, entry.tcomment = known.comment, known.tcomment
            texts = list(known.msgstr_plural.values()) or [known.msgstr]
        if entry.msgid_plural:
            forms = int(PLURALS[self.language].split(";")[0].removeprefix("nplurals="))
            entry.msgstr_plural = {form: (texts[form] if form < len(texts) else "") for form in range(forms)}
        elif texts:
            entry.msgstr = texts[-1]

    def _say(self, msgid: str, fault: str) -> str:
        short = " ".join(msgid.split())
        return f"{self.language}: “{short[:60]}{'…' if len(short) > 60 else ''}” {fault}"


def _key(entry: polib.POEntry) -> Key:
    return (entry.msgctxt or None, entry.msgid)


def _position(message: Message) -> tuple[str, str, str]:
    return min(message.places), message.singular, message.context or ""
