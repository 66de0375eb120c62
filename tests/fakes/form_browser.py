"""A browser without script: it keeps cookies, reads the forms of a page and sends them as they stand, with what was typed."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from flask import Flask
from werkzeug.test import TestResponse


@dataclass
class Form:
    """A form on a page: where it goes, and its fields as they are filled in."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)

    def value(self, name: str) -> str | None:
        return next((value for other, value in self.fields if other == name), None)


class FormReader(HTMLParser):
    """Collects the forms of a page as a browser sees them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._inside: Form | None = None
        self._select = ""
        self._area: str | None = None
        self._written: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = Form(given.get("action", ""))
            self.forms.append(self._inside)
        elif self._inside is None:
            return
        elif tag == "input":
            self._input(self._inside, given, checked="checked" in given)
        elif tag == "textarea":
            self._area, self._written = given["name"], []
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option":
            self._inside.choices.setdefault(self._select, []).append(given.get("value", ""))
            if "selected" in given:
                self._inside.fields.append((self._select, given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = None
        elif tag == "textarea" and self._inside and self._area:
            self._inside.fields.append((self._area, "".join(self._written).removeprefix("\n")))
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area:
            self._written.append(data)

    def _input(self, form: Form, given: dict[str, str], *, checked: bool) -> None:
        name, value = given.get("name", ""), given.get("value", "")
        if given.get("type") in ("radio", "checkbox"):
            form.choices.setdefault(name, []).append(value)
            if not checked:
                return
        form.fields.append((name, value))


class FormBrowser:
    """Somebody at a screen."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()
        self.page: TestResponse | None = None

    def get(self, path: str) -> TestResponse:
        self.page = self.client.get(path)
        return self.page

    def form(self, with_field: str = "csrf_token") -> Form:
        """The first form of the page that has this field."""
        assert self.page is not None
        forms = FormReader(self.page.text).forms
        return next(form for form in forms if with_field in {name for name, _ in form.fields} | set(form.choices))

    def send(self, form: Form, **typed: str | list[str]) -> TestResponse:
        """Send the form with what was typed over what it holds, and follow where it leads."""
        kept = [(name, value) for name, value in form.fields if name not in typed]
        for name, value in typed.items():
            kept += [(name, one) for one in ([value] if isinstance(value, str) else value)]
        data: dict[str, list[str]] = {}
        for name, value in kept:
            data.setdefault(name, []).append(value)
        assert self.page is not None
        self.page = self.client.post(form.action or self.page.request.path, data=data, follow_redirects=True)
        return self.page

    def sign_in(self, login: str, password: str) -> FormBrowser:
        self.get("/office/sign-in")
        assert self.send(self.form("login"), login=login, password=password).status_code == 200
        return self
