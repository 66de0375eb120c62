"""A visitor who reads pages and presses buttons by the words on them, as a person would, without a browser and without script."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin

import urllib3

from deploy.demo.programs import DemoFault

TIMEOUT_S = 20.0
_VOID_TEXT = {"script", "style", "title"}


@dataclass(slots=True)
class Form:
    """A form as a page shows it: where it goes, what it holds, its buttons as (words, name, value)."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    boxes: list[tuple[str, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    """Collects forms, links and the visible text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.text: list[str] = []
        self._form: Form | None = None
        self._open: list[tuple[str, dict[str, str], list[str]]] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in _VOID_TEXT:
            self._hidden += 1
        elif tag == "form":
            self._form = Form(values.get("action", ""), values.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag == "input" and self._form is not None and values.get("name"):
            if values.get("type") == "checkbox":
                self._form.boxes.append((values["name"], values.get("value", "on")))
            ticked = values.get("type") not in ("radio", "checkbox") or "checked" in values
            if ticked and values.get("type") != "file":
                self._form.fields.append((values["name"], values.get("value", "on" if "checked" in values else "")))
        elif tag in ("button", "a", "textarea"):
            self._open.append((tag, values, []))

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID_TEXT:
            self._hidden -= 1
        elif tag == "form":
            self._form = None
        elif self._open and self._open[-1][0] == tag:
            _, values, words = self._open.pop()
            self._close(tag, values, " ".join("".join(words).split()))

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        self.text.append(data)
        for _, _, words in self._open:
            words.append(data)

    def _close(self, tag: str, values: dict[str, str], words: str) -> None:
        if tag == "a":
            self.links.append((words or values.get("aria-label", ""), values.get("href", "")))
        elif self._form is not None and tag == "textarea":
            self._form.fields.append((values.get("name", ""), words))
        elif self._form is not None and tag == "button":
            label = f"{words} {values.get('aria-label', '')}".strip()
            self._form.buttons.append((label, values.get("name", ""), values.get("value", "")))


class Visitor:
    """One person at one browser: keeps cookies, knows the page in hand."""

    def __init__(self) -> None:
        self._http = urllib3.PoolManager(retries=False, timeout=TIMEOUT_S)
        self._cookies: dict[str, str] = {}
        self.url = ""
        self.status = 0
        self.text = ""
        self._page = _Reader()

    def open(self, url: str) -> str:
        """The visible text at ``url``, redirects followed."""
        return self._go("GET", url, None)

    def follow(self, words: str) -> str:
        """Go where the link with these words leads. DemoFault when there is none."""
        for label, href in self._page.links:
            if words in label and href:
                return self.open(urljoin(self.url, href))
        raise DemoFault(f"{self.url} 上没有“{words}”这个链接：\n{self.text}")

    def press(self, words: str, **fields: str) -> str:
        """Press the first button with these words, its form filled in with ``fields``. DemoFault when there is no such button."""
        for form in self._page.forms:
            for label, name, value in form.buttons:
                if words in label:
                    filled = [(n, v) for n, v in form.fields if n not in fields] + list(fields.items())
                    return self._send(form, filled + ([(name, value)] if name else []))
        raise DemoFault(f"{self.url} 上没有“{words}”这个按钮：\n{self.text}")

    def tick_all_and_press(self, words: str) -> str:
        """Tick every box of the form that has this button, then press it."""
        for form in self._page.forms:
            if any(words in label for label, _, _ in form.buttons):
                form.fields += [box for box in form.boxes if box not in form.fields]
        return self.press(words)

    def _send(self, form: Form, fields: list[tuple[str, str]]) -> str:
        target = urljoin(self.url, form.action)
        if form.method == "post":
            return self._go("POST", target, urlencode(fields))
        return self._go("GET", f"{target}?{urlencode(fields)}", None)

    def _go(self, method: str, url: str, body: str | None) -> str:
        for _ in range(10):
            answer = self._http.request(method, url, body=body, headers=self._headers(url, body), redirect=False)
            self._keep_cookies(answer.headers)
            if answer.status not in (301, 302, 303, 307, 308):
                break
            url, method, body = urljoin(url, answer.headers["Location"]), "GET", None
        self.url, self.status = url, answer.status
        self._page = _Reader()
        self._page.feed(answer.data.decode("utf-8", "replace"))
        self.text = "\n".join(line for line in (" ".join(part.split()) for part in self._page.text) if line)
        return self.text

    def _headers(self, url: str, body: str | None) -> dict[str, str]:
        headers = (
            {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())} if self._cookies else {}
        )
        if body is not None:
            origin = "/".join(url.split("/")[:3])
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": origin,
                "Referer": self.url or origin,
            }
        return headers

    def _keep_cookies(self, headers: urllib3.HTTPHeaderDict) -> None:
        for line in headers.getlist("Set-Cookie"):
            name, _, rest = line.partition("=")
            self._cookies[name.strip()] = rest.split(";", 1)[0]
