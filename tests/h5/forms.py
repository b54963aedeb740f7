"""Pages as a browser without scripts uses them: find the form, send what it holds."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client


@dataclass
class Form:
    action: str = ""
    values: dict[str, str] = field(default_factory=dict)
    buttons: list[dict[str, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.text: list[str] = []
        self._form: Form | None = None
        self._area = ""
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(given["action"])
            self.forms.append(self._form)
        elif self._form is None:
            return
        elif tag == "input" and given.get("name"):
            is_box = given.get("type") in ("checkbox", "file")
            if not is_box or "checked" in given:
                self._form.values[given["name"]] = given.get("value", "")
        elif tag == "textarea":
            self._area = given.get("name", "")
            self._form.values[self._area] = ""
        elif tag == "select":
            self._select = given.get("name", "")
        elif tag == "option" and ("selected" in given or self._select not in self._form.values):
            self._form.values[self._select] = given.get("value", "")
        elif tag == "button":
            self._form.buttons.append(given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._form is not None and self._area:
            self._form.values[self._area] += data


def forms_of(response: Any) -> list[Form]:
    reader = _Reader()
    reader.feed(response.content.decode())
    return reader.forms


def form_for(response: Any, ending: str) -> Form:
    """The first form whose address ends so; fails with what there is."""
    found = [form for form in forms_of(response) if form.action.endswith(ending)]
    assert found, (ending, [form.action for form in forms_of(response)], response.content.decode()[:3000])
    return found[0]


def send(client: Client, form: Form, **values: Any) -> Any:
    """Send it as it stands, with ``values`` typed in; the answer itself, no redirect followed."""
    return client.post(form.action, {**form.values, **values})


def press(client: Client, page: str, ending: str, **values: Any) -> Any:
    """Open ``page``, send its form that ends so, follow to where it leads."""
    answer = send(client, form_for(client.get(page), ending), **values)
    assert answer.status_code == 303, (answer.status_code, answer.content.decode()[-3000:])
    return client.get(answer["Location"])
