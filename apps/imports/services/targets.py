"""The registry of import targets: which columns a file may have and which steps write them.

The engine knows no nouns. A room that owns a target calls ``register_target`` in its ``importers`` module;
a higher room adds columns and steps to it with ``extend_target`` (groups adds its column to members).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from django.apps import apps

from apps.core.errors import Text
from apps.imports.enums import Level

if TYPE_CHECKING:
    from apps.imports.services.running import Batch, Run, UndoRun

#: Takes the SQL of a trimmed, non-empty-or-NULL text; gives SQL of the parsed value, NULL if unreadable.
type Parser = Callable[[str], str]


@dataclass(frozen=True, kw_only=True)
class Column:
    """One thing that a file may say about a row.

    ``tidy`` (optional), ``parse`` and ``valid`` build SQL, each over what the one before gave; ``slow`` is a Python parser (raises ``DomainError``) for the rare cells
    that ``parse`` leaves NULL. A cell that cannot be read, or is not ``valid``, is left out with a warning,
    or rejects its row if ``level`` says so. An empty cell never says anything.
    """

    key: str
    label: Text
    aliases: tuple[str, ...] = ()
    sql_type: str = "text"
    tidy: Parser | None = None
    parse: Parser
    unreadable: Text = ""
    valid: Parser | None = None
    invalid: Text = ""
    slow: Callable[[str], str] | None = None
    level: Level = Level.WARNING
    max_length: int | None = None
    silent: str = ""  # a parsed value that says nothing, like an empty cell
    is_merged: bool = True  # of repeated rows the last value holds; False: each row's own is written
    looks_like: str = ""  # a regular expression that samples of this column match
    is_personal: bool = False  # shown masked
    example: Text = ""


@dataclass(frozen=True, kw_only=True)
class Message:
    """What a note of the code means to a person. ``hint`` says what to do."""

    level: Level
    text: Text
    hint: Text = ""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Rows ``r`` of the staging table for which ``condition`` (SQL) holds get a note, and may be rejected."""

    code: str
    condition: str


class Step:
    """One ordered part of writing. All methods run set-based SQL in the import's one transaction.

    ``identify`` runs after parsing, ``prepare`` once before the batches, ``write`` once per batch, ``finish`` once after all of them.
    ``touched`` and ``undo`` are the way back (M2), called in reverse order of the steps.
    """

    name: str = ""
    order: int = 0
    #: The step runs only if one of these columns is mapped; empty: always.
    columns: tuple[str, ...] = ()
    #: Database tables whose rows this step's ``touched`` and ``undo`` look after.
    tables: tuple[str, ...] = ()

    def identify(self, run: "Run") -> None:
        """Fill in what tells rows apart, before repeats are looked for."""

    def prepare(self, run: "Run") -> None:
        """Make what the batches need."""

    def write(self, run: "Run", batch: "Batch") -> None:
        """Write the rows of one batch."""

    def finish(self, run: "Run") -> None:
        """Do what needs all rows to be there."""

    def touched(self, run: "UndoRun") -> None:
        """Call ``run.keep`` with the objects that were changed since the import."""

    def undo(self, run: "UndoRun") -> None:
        """Take back what this step wrote, except for kept objects."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """Something that files are imported into.

    ``identity`` is SQL over the staging row ``r`` giving a text that is the same for rows about the same
    thing, ``model_label`` is that thing's name in the journal; ``late`` is SQL for rows that must wait until all others are written. ``needs`` are columns of
    which at least one must be mapped. ``permission`` is what a person needs to import.
    """

    key: str
    label: Text
    permission: str
    model_label: str
    identity: str
    late: str = "false"
    needs: tuple[str, ...]
    needs_text: Text
    columns: tuple[Column, ...]
    steps: tuple[Step, ...]
    rules: tuple[Rule, ...] = ()
    messages: dict[str, Message] = field(default_factory=dict)
    kept_reasons: dict[str, Text] = field(default_factory=dict)  # codes of UndoRun.keep → sentence
    done_url: str = ""  # URL name of the list that shows the result

    def column(self, key: str) -> Column:
        return next(column for column in self.columns if column.key == key)

    def steps_for(self, mapped: frozenset[str]) -> list[Step]:
        """The steps that a file with these columns needs, in order."""
        wanted = [step for step in self.steps if not step.columns or mapped.intersection(step.columns)]
        return sorted(wanted, key=lambda step: step.order)


_targets: dict[str, Target] = {}
_extensions: list[tuple[str, tuple[Column, ...], tuple[Step, ...], dict[str, Message], dict[str, Text]]] = []
_loaded = False


def register_target(target: Target) -> None:
    """Add a target. Raises ``ValueError`` for a key that is taken or a column named twice."""
    if target.key in _targets:
        raise ValueError(f"import target {target.key} is registered twice")
    _refuse_twins(target)
    _targets[target.key] = target


def extend_target(
    key: str,
    *,
    columns: tuple[Column, ...],
    steps: tuple[Step, ...],
    messages: dict[str, Message],
    kept_reasons: dict[str, Text],
) -> None:
    """Add columns and steps of a higher room to the target ``key``, whichever module is loaded first."""
    _extensions.append((key, columns, steps, messages, kept_reasons))


def all_targets() -> dict[str, Target]:
    """Every target by key; loads each app's ``importers`` module on first use."""
    global _loaded
    if not _loaded:
        for config in apps.get_app_configs():
            if config.name.startswith("apps.") and find_spec(f"{config.name}.importers"):
                import_module(f"{config.name}.importers")
        for key, columns, steps, messages, kept_reasons in _extensions:
            target = _targets[key]
            extended = replace(
                target,
                columns=target.columns + columns,
                steps=target.steps + steps,
                messages={**target.messages, **messages},
                kept_reasons={**target.kept_reasons, **kept_reasons},
            )
            _refuse_twins(extended)
            _targets[key] = extended
        _loaded = True
    return _targets


def get_target(key: str) -> Target:
    """The target, or ``KeyError``."""
    return all_targets()[key]


def _refuse_twins(target: Target) -> None:
    keys = [column.key for column in target.columns]
    if len(keys) != len(set(keys)):
        raise ValueError(f"import target {target.key} names a column twice: {keys}")
