"""From notes by row to what a person reads: grouped, counted, with examples; personal data masked."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.logs import scrub
from apps.core.phones import mask_digits
from apps.imports.enums import Level
from apps.imports.services.running import Tables
from apps.imports.services.targets import Message, Target

_EXAMPLES = 5

_GENERIC = {
    "ragged": Message(
        level=Level.REJECT,
        text=_("这一行比表头多出几列。"),
        hint=_("多半是内容里有没加引号的逗号；请把多出来的内容移回原位。"),
    ),
    "repeated": Message(
        level=Level.WARNING,
        text=_("与前面的行是同一个人，已合并成一位：同一项以后面的行为准。"),
        hint=_("如果其实是两个人，请改正其中一行再上传。"),
    ),
}


def messages_of(target: Target) -> dict[str, Message]:
    """Every code that may be noted for ``target``, with what it means."""
    messages = {**_GENERIC, **target.messages}
    for column in target.columns:
        messages[f"{column.key}.unreadable"] = Message(
            level=column.level, text=column.unreadable or _("内容认不出来。")
        )
        messages[f"{column.key}.invalid"] = Message(
            level=column.level, text=column.invalid or _("内容不合理。")
        )
        messages[f"{column.key}.cut"] = Message(level=Level.WARNING, text=_("内容太长，只保留了前面的部分。"))
    return messages


def rejecting_codes(target: Target) -> list[str]:
    """The codes that reject their row."""
    return [code for code, message in messages_of(target).items() if message.level == Level.REJECT]


def summarise(target: Target, tables: Tables) -> list[dict[str, Any]]:
    """Problems grouped by code, as they are stored with the job: rejections first, most frequent first.

    Each: ``code, level, count, examples: [{row, value}]``. Values of personal columns are masked (M3).
    """
    personal = {column.key for column in target.columns if column.is_personal}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT code, count(*), (array_agg(row_no ORDER BY row_no))[:%(n)s],"
            f" (array_agg(value ORDER BY row_no))[:%(n)s] FROM {tables.notes} GROUP BY code",
            {"n": _EXAMPLES},
        )
        groups = cursor.fetchall()
    messages = messages_of(target)
    found = [
        {
            "code": code,
            "level": str(messages[code].level),
            "count": count,
            "examples": [
                {"row": row, "value": _shown(value, code.split(".")[0] in personal)}
                for row, value in zip(rows, values, strict=True)
            ],
        }
        for code, count, rows, values in groups
    ]
    return sorted(found, key=lambda item: (item["level"] != Level.REJECT, -item["count"], item["code"]))


def describe(target: Target, problems: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add ``column, text, hint`` to stored problems, in the reader's language."""
    labels = {column.key: column.label for column in target.columns}
    messages = messages_of(target)
    unknown = Message(level=Level.WARNING, text=_("这类问题的说明已经没有了。"))
    return [
        {
            **problem,
            "column": str(labels.get(problem["code"].split(".")[0], "")),
            "text": str(messages.get(problem["code"], unknown).text),
            "hint": str(messages.get(problem["code"], unknown).hint),
        }
        for problem in problems
    ]


def rejected_rows(target: Target, tables: Tables, width: int) -> Iterator[tuple[list[str], list[str], str]]:
    """Yield (raw cells, extra cells, what is wrong) of each rejected row, in order of the file."""
    messages = messages_of(target)
    labels = {column.key: str(column.label) for column in target.columns}
    cells = ", ".join(f"t.c{index}" for index in range(width))
    after = -1
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT r.row_no, t.extra, array(SELECT DISTINCT n.code FROM {tables.notes} n"
                f"  WHERE n.row_no = r.row_no), {cells}"
                f" FROM {tables.rows} r JOIN {tables.raw} t USING (row_no)"
                " WHERE r.outcome = 4 AND r.row_no > %s ORDER BY r.row_no LIMIT 2000",
                [after],
            )
            found = cursor.fetchall()
        if not found:
            return
        for row_no, extra, codes, *raw in found:
            after = row_no
            sentences = [
                _sentence(labels.get(code.split(".")[0], ""), messages[code])
                for code in sorted(codes, key=lambda code: (messages[code].level != Level.REJECT, code))
            ]
            yield [cell or "" for cell in raw], extra.split("\x1f") if extra else [], " ".join(sentences)


def _sentence(label: str, message: Message) -> str:
    text = f"{message.text}{message.hint}"
    return gettext("%(column)s：%(text)s") % {"column": label, "text": text} if label else text


def _shown(value: str | None, masked: bool) -> str:
    if value is None:
        return ""
    return mask_digits(value) if masked else scrub(value)
