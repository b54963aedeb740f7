"""Where strings come from: our own source, and the libraries that show theirs on our pages."""

from collections.abc import Iterator
from pathlib import Path

import django
from django.apps import apps
from django.test.utils import override_settings
from django.utils.translation.trans_real import DjangoTranslation

from .extraction import Key, Message, extract
from .rules import is_english
from .unmarked import unmarked

ROOT = Path(__file__).resolve().parent.parent.parent
OURS = ("apps", "community_ops", "templates")
SUFFIXES = {".py", ".html", ".txt"}
# Django's own parts that are not apps. An app that is not installed shows nothing, so contrib is left out.
DJANGO_PARTS = ("core", "db", "forms", "http", "template", "utils", "views")


def own_messages() -> dict[Key, Message]:
    """Everything we say. Chinese, to be put into English."""
    return extract(_own_files())


def unmarked_texts() -> list[str]:
    """Chinese in our templates and scripts that stays Chinese in every language."""
    folders = [*OURS, "static"]
    files = [file for folder in folders for file in sorted((ROOT / folder).rglob("*")) if file.is_file()]
    return [
        problem
        for file in files
        if file.suffix in (".html", ".js") and "vendor" not in file.relative_to(ROOT).parts
        for problem in unmarked(file, str(file.relative_to(ROOT)))
    ]


def library_messages() -> tuple[dict[Key, Message], set[Key]]:
    """Everything that installed libraries say in English, and which of it they leave without Chinese."""
    everything = extract(_library_files(), strict=False)
    with override_settings(LOCALE_PATHS=[]):
        shipped = DjangoTranslation("zh-hans")._catalog  # type: ignore[attr-defined]
    missing = set()
    for key in everything:
        context, text = key
        stored = text if context is None else f"{context}\x04{text}"
        chinese = shipped.get(stored) or shipped.get((stored, 0))
        # Some catalogues repeat the English where nobody translated it.
        if chinese is None or is_english(chinese):
            missing.add(key)
    return everything, missing


def _own_files() -> Iterator[tuple[Path, str]]:
    for folder in OURS:
        for file in _files(ROOT / folder):
            yield file, str(file.relative_to(ROOT))


def _library_files() -> Iterator[tuple[Path, str]]:
    for part in DJANGO_PARTS:
        for file in _files(Path(django.__file__).parent / part):
            yield file, "django"
    for config in apps.get_app_configs():
        folder = Path(config.path)
        if ROOT in folder.parents and "site-packages" not in folder.parts:
            continue
        for file in _files(folder):
            # unfold.contrib.* are apps of their own.
            if "contrib" not in file.relative_to(folder).parts:
                yield file, config.name


def _files(folder: Path) -> list[Path]:
    return sorted(
        file
        for file in folder.rglob("*")
        if file.suffix in SUFFIXES
        and not {"static", "tests", "locale", "migrations"} & set(file.relative_to(folder).parts)
        and file.is_file()
    )
