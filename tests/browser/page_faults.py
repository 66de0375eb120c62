"""What keeps a person from using a page: text off the edge of a phone, targets too small for a thumb, barriers axe knows of."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

CADRES_TARGET, VILLAGERS_TARGET = 48, 60
PHONE = (390, 844)
NARROW = (320, 640)
PC = (1280, 800)

OVERFLOW = """() => {
  const root = document.documentElement;
  const bad = root.scrollWidth > innerWidth ? [`the page is ${root.scrollWidth} wide`] : [];
  for (const e of document.querySelectorAll("body *")) {
    const r = e.getBoundingClientRect();
    if (!r.width || e.closest(".sr, .skip, svg, option, thead") || e.parentElement.closest(".chart-box")) continue;
    if (r.left < -0.5 || r.right > innerWidth + 0.5) bad.push(`${e.tagName}.${e.className} "${e.textContent.trim().slice(0, 16)}" is outside`);
  }
  return bad;
}"""

# Links inside a sentence or a table's cell are text; everything else that is touched is a target.
SMALL_TARGETS = """([usual, button]) => {
  const bad = [];
  const touched = "button, .btn, a, select, textarea, input:not([type=hidden], [type=radio], [type=checkbox]), label:has(> input)";
  for (const e of document.querySelectorAll(touched)) {
    const r = e.getBoundingClientRect();
    if (!r.width || e.closest(".sr, .skip")) continue;
    const text = e.tagName === "A" && e.matches("p > a:not(.link, .back, .btn), td > a:not(.link)");
    const least = text ? 24 : e.matches(".btn") ? button : usual;
    if (r.height < least - 0.5) bad.push(`${e.tagName}.${e.className} "${e.textContent.trim().slice(0, 16)}" is ${r.height} high`);
  }
  return bad;
}"""

ZOOM = "(size) => { document.documentElement.style.fontSize = size; }"


def faults_of(page: Page, *, barriers: bool = True) -> list[str]:
    """Everything wrong with the page that is open, on a narrow phone, a phone (also with text twice as large) and a PC."""
    villager = page.locator("body.villager").count() == 1
    targets = [CADRES_TARGET, VILLAGERS_TARGET if villager else CADRES_TARGET]
    found: list[str] = []
    for width, height in (PC, NARROW, PHONE):
        page.set_viewport_size({"width": width, "height": height})
        found += [f"{width}: {words}" for words in page.evaluate(OVERFLOW)]
        found += [f"{width}: {words}" for words in page.evaluate(SMALL_TARGETS, targets)]
        if barriers and width == PHONE[0]:
            found += _barriers(page)
    page.evaluate(ZOOM, "200%")
    found += [f"large text: {words}" for words in page.evaluate(OVERFLOW)]
    page.evaluate(ZOOM, "")
    return found


def _barriers(page: Page) -> list[str]:
    violations = Axe().run(page).response["violations"]
    grave = [one for one in violations if one["impact"] in ("serious", "critical")]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in grave]


class Faults:
    """A look at each page on the way; what was wrong with it is kept under the page's name."""

    def __init__(self, *, barriers: bool = True) -> None:
        self._barriers = barriers
        self.found: dict[str, list[str]] = {}

    def __call__(self, page: Page, name: str) -> None:
        size = page.viewport_size
        if wrong := faults_of(page, barriers=self._barriers):
            self.found[name] = wrong
        if size is not None:
            page.set_viewport_size(size)


def only_refusals(problems: list[str]) -> bool:
    """The browser notes an answer of 4xx itself; nothing else was wrong."""
    return all("the server responded with a status of 4" in words for words in problems)
