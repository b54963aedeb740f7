"""Decision 0001: both catalogues are complete, and the check that says so sees what is wrong."""

from pathlib import Path

import polib
import pytest

from scripts.messages.catalogues import Catalogue
from scripts.messages.extraction import Message, Unreadable, extract
from scripts.messages.rules import faults
from scripts.messages.sources import library_messages, own_messages, unmarked_texts
from scripts.messages.unmarked import unmarked


def _messages(*texts: str) -> dict:
    return {(None, text): Message(None, text, None, {"apps/x.py"}) for text in texts}


def _write(folder: Path, name: str, text: str) -> list[tuple[Path, str]]:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return [(file, name)]


def test_both_catalogues_are_complete_and_compiled() -> None:
    everything, missing = library_messages()
    english = Catalogue("en", required=own_messages())
    chinese = Catalogue("zh_Hans", {key: everything[key] for key in missing}, everything)
    assert len(english.required) > 300
    assert len(chinese.required) > 100
    assert [*english.problems(), *chinese.problems()] == []


# --- Extraction ----------------------------------------------------------------------------------


def test_python_calls_are_found_inside_f_strings_and_under_other_names(tmp_path: Path) -> None:
    source = """
from django.utils.translation import gettext as _, gettext_lazy as later, ngettext, pgettext
a = f"<b>{_("群名称")}</b>"
b = later("第一句。" "第二句。")
c = ngettext("%(n)d 个群", "%(n)d 个群们", 2)
d = pgettext("按钮", "更新")
e = later(variable)
"""
    found = extract(_write(tmp_path, "a.py", source))
    assert found.keys() == {
        (None, "群名称"),
        (None, "第一句。第二句。"),
        (None, "%(n)d 个群"),
        ("按钮", "更新"),
    }
    assert found[(None, "%(n)d 个群")].plural == "%(n)d 个群们"


def test_template_tags_and_constants_are_found(tmp_path: Path) -> None:
    source = """{% load i18n %}{% translate "它的“群”" %} {% translate '更新' context '按钮' %}
{% blocktranslate count n=rows|length trimmed %}
  {{ n }} 行，100%
{% plural %}
  {{ n }} 行都好
{% endblocktranslate %}
{{ empty|default:_("暂无") }} {% include "x.html" with title=_("标题") %} {% comment %}{% translate "不算" %}{% endcomment %}
"""
    found = extract(_write(tmp_path, "a.html", source))
    assert found.keys() == {
        (None, "它的“群”"),
        ("按钮", "更新"),
        (None, "%(n)s 行，100%%"),
        (None, "暂无"),
        (None, "标题"),
    }
    assert found[(None, "%(n)s 行，100%%")].plural == "%(n)s 行都好"


@pytest.mark.parametrize("call", ['_(f"第 {n} 行")', '_("第 %d 行" % n)', '_("第 {} 行".format(n))'])
def test_sentence_put_together_before_the_look_up_is_refused(tmp_path: Path, call: str) -> None:
    with pytest.raises(Unreadable, match=r"a\.py:1: mark the whole sentence"):
        extract(_write(tmp_path, "a.py", f"x = {call}\n"))


def test_chinese_outside_of_marks_is_seen_in_templates_and_scripts(tmp_path: Path) -> None:
    template = """<h1>{% translate "标题" %}</h1> <!-- 注释 --> {# 注释 #} 群策
<p>没有标记</p> {{ empty|default:_("暂无") }}
{% blocktranslate %}好的{% endblocktranslate %}
{{ empty|default:"没有" }} {% include "x.html" with title="标题" %}
"""
    script = "// 注释\n/* 注释\n */\nalert('没有标记')\nopen('https://example.com')\n"
    ((page, _),) = _write(tmp_path, "a.html", template)
    ((code, _),) = _write(tmp_path, "a.js", script)
    assert [problem.split(": ")[0] for problem in unmarked(page, "a.html")] == [
        "a.html:2",
        "a.html:4",
        "a.html:4",
    ]
    assert [problem.split(": ")[0] for problem in unmarked(code, "a.js")] == ["a.js:4"]


def test_our_pages_leave_no_chinese_unmarked() -> None:
    assert unmarked_texts() == []


# --- What an entry must be -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "original", "text"),
    [
        ("en", "群名称", ""),
        ("en", "%(n)s 个群", "Some groups"),
        ("en", "%(n)s 个群", "%(m)s groups"),
        ("en", "第 %d 行", "Row %s"),
        ("en", "写上 {{ group.name }}", "Write {{ group.title }}"),
        ("en", "<b>群</b>", "Group"),
        ("en", "\n群\n", "Group"),
        ("en", "群名称", "Name of 群"),
        ("en", "群名称（必填）", "Group name（required）"),
        ("zh_Hans", "Type to search", "Type to search"),
    ],
)
def test_fault_is_seen(language: str, original: str, text: str) -> None:
    assert len(list(faults(polib.POEntry(msgid=original, msgstr=text), language))) == 1


@pytest.mark.parametrize(
    ("language", "original", "text"),
    [
        ("en", "“%(a)s”有 %(b)s 行，100%%", "100%% of %(b)s rows are in “%(a)s”"),
        ("en", "群策", "群策"),
        ("zh_Hans", "CSV", "CSV"),
        ("zh_Hans", "Add %(name)s", "增加 %(name)s"),
    ],
)
def test_good_entry_is_let_through(language: str, original: str, text: str) -> None:
    assert list(faults(polib.POEntry(msgid=original, msgstr=text), language)) == []


def test_english_singular_may_spell_out_one_but_plural_must_count() -> None:
    entry = polib.POEntry(msgid="%(n)s 个群", msgid_plural="%(n)s 个群")
    entry.msgstr_plural = {0: "one group", 1: "%(n)s groups"}
    assert list(faults(entry, "en")) == []
    entry.msgstr_plural = {0: "%(n)s group", 1: "many groups"}
    assert len(list(faults(entry, "en"))) == 1


# --- Update and check ----------------------------------------------------------------------------


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    """English with one sentence, translated and compiled."""
    made = Catalogue("en", required=_messages("这个社群已经满员了。"), folder=tmp_path)
    assert len(made.update()) == 1
    _translate(made, "这个社群已经满员了。", "This group is full.")
    assert made.update() == []
    return made


def _translate(catalogue: Catalogue, msgid: str, text: str) -> None:
    file = polib.pofile(str(catalogue.po))
    entry = file.find(msgid)
    entry.msgstr, entry.flags = text, []
    file.save()


def test_new_sentence_is_reported_until_it_is_translated(catalogue: Catalogue) -> None:
    catalogue = Catalogue("en", _messages("这个社群已经满员了。", "请换一个。"), folder=catalogue.folder)
    assert list(catalogue.problems()) == ["en: “请换一个。” new in the source, not in the catalogue"]
    assert catalogue.update() == ["en: “请换一个。” not translated"]
    _translate(catalogue, "请换一个。", "Choose another.")
    assert catalogue.update() == []


def test_changed_sentence_keeps_its_translation_as_fuzzy(catalogue: Catalogue) -> None:
    changed = Catalogue("en", _messages("这个社群已经满员了，请换一个。"), folder=catalogue.folder)
    assert changed.update() == ["en: “这个社群已经满员了，请换一个。” fuzzy: confirm it and remove the mark"]
    assert [entry.msgstr for entry in polib.pofile(str(changed.po))] == ["This group is full."]
    assert len(polib.mofile(str(changed.mo))) == 0


def test_sentence_that_left_is_reported_and_dropped(catalogue: Catalogue) -> None:
    emptied = Catalogue("en", required={}, folder=catalogue.folder)
    assert list(emptied.problems()) == ["en: “这个社群已经满员了。” no longer in the source"]
    assert emptied.update() == []


def test_compiled_file_must_match(catalogue: Catalogue) -> None:
    _translate(catalogue, "这个社群已经满员了。", "The group is full.")
    assert list(catalogue.problems()) == ["en: the compiled file is stale"]


def test_update_changes_nothing_the_second_time(catalogue: Catalogue) -> None:
    before = catalogue.po.read_bytes(), catalogue.mo.read_bytes()
    catalogue.update()
    assert (catalogue.po.read_bytes(), catalogue.mo.read_bytes()) == before
