"""The variable language: one construct, nothing to inject (S6)."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.content_calendar.services.rendering import check_syntax, render
from apps.content_calendar.services.variables import VARIABLES, values_for
from apps.core.errors import Invalid
from apps.groups.models import Group

VALUES = dict.fromkeys(VARIABLES, "x")


def test_render_puts_values_in():
    text = "早安，{{ group.name }}！今天{{post.weekday}}"
    values = VALUES | {"group.name": "福利1群", "post.weekday": "星期一"}
    assert render(text, values) == "早安，福利1群！今天星期一"


@pytest.mark.parametrize(
    ("typed", "suggested"),
    [
        ("group.nane", "group.name"),
        ("leader_name", "group.leader_name"),
        ("Group.Name", "group.name"),
        ("群名称", "group.name"),
        ("post.weekdya", "post.weekday"),
    ],
)
def test_unknown_variable_is_named_with_the_nearest(typed, suggested):
    with pytest.raises(Invalid) as caught:
        render("{{ typed }}".replace("typed", typed), VALUES)
    assert typed in str(caught.value.message)
    assert "{{ name }}".replace("name", suggested) in str(caught.value.hint)


@pytest.mark.parametrize(
    "text", ["{{ group.name", "group.name }}", "｛｛ group.name ｝｝", "{{ {{ group.name }} }}"]
)
def test_a_variable_left_open_is_refused(text):
    with pytest.raises(Invalid, match="没有写完整"):
        render(text, VALUES)


@pytest.mark.parametrize(
    "text",
    ["{% load x %}", "{{ group.channel.secret }}", "{{ group.name|safe }}", "{{ group.delete }}", "{{ }}"],
)
def test_no_template_engine_ever_runs(text):
    if text.startswith("{%"):
        assert render(text, VALUES) == text
    else:
        with pytest.raises(Invalid):
            render(text, VALUES)


@given(value=st.text())
def test_a_value_is_never_read_again(value):
    """Whatever a group is called, its name cannot bring in another variable or break the text around it."""
    values = dict.fromkeys(VARIABLES, "SECRET") | {"group.name": value}
    before, _bar, after = render("甲{{ group.name }}乙", values).partition("SECRET")
    assert (before + after).startswith("甲")
    assert (before + after).endswith("乙")
    assert "SECRET" in value or not after


@given(value=st.text())
def test_a_value_stays_on_its_line_and_mentions_nobody(value):
    shown = render("{{ group.name }}", VALUES | {"group.name": value})
    assert len(shown.splitlines()) <= 1
    assert "<@" not in shown


@given(value=st.text(alphabet=st.characters(codec="utf-8")))
def test_a_value_is_not_markdown(value):
    shown = render("{{ group.name }}", VALUES | {"group.name": value}, kind="markdown")
    assert not set(shown) & set("*_`~[]<>#|\\")


@given(text=st.text(alphabet="{} abgroup.name｛｝"))
def test_what_renders_has_no_variable_left(text):
    try:
        check_syntax(text)
    except Invalid:
        with pytest.raises(Invalid):
            render(text, VALUES)
        return
    assert "{{" not in render(text, VALUES)


def test_values_are_read_on_the_clock_the_post_follows():
    group = Group(name="纽约群", kind="vip", timezone="America/New_York", capacity=200, member_count=180)
    due = datetime(2026, 3, 2, 1, 5, tzinfo=UTC)
    house = values_for(group, due_at=due, is_group_time=False)
    assert (house["post.date"], house["post.weekday"], house["post.time"]) == ("3月2日", "星期一", "09:05")
    local = values_for(group, due_at=due, is_group_time=True)
    assert (local["post.date"], local["post.weekday"], local["post.time"]) == ("3月1日", "星期日", "20:05")
    assert house["group.kind"] == "VIP 会员群"
    assert house["group.free_seats"] == "20"
