"""Pages that name tests as what shows a promise: each of those tests is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = {"ledger/book/CHECKS.md": 50, "tests/README.md": 50}  # each with the fewest tests it must name
FOLDERS = "book|browser|contract|faults|hardware|integration|model|story|unit"
NAMED = re.compile(rf"(?P<file>\b(?:{FOLDERS})/(?:\w+/)?\w+\.py)?(?:::(?P<test>test_\w+))?")


def named(page: str) -> list[tuple[str, str]]:
    """File below ``tests`` and name of each test on the page, the name "" where a whole file is meant."""
    found = []
    for row in page.splitlines():
        file = ""
        for match in NAMED.finditer(row):
            file = re.sub(r"^book/", "integration/book/", match["file"] or file)
            if match["file"] or match["test"]:
                found.append((file, match["test"] or ""))
    return found


def is_there(file: str, test: str) -> bool:
    path = ROOT / "tests" / file
    return path.is_file() and (not test or f"def {test}(" in path.read_text("utf-8"))


@pytest.mark.parametrize("page", PAGES)
def test_every_test_that_the_page_names_is_there(page: str) -> None:
    tests = named((ROOT / page).read_text("utf-8"))
    assert [one for one in tests if not is_there(*one)] == []
    assert len({test for _, test in tests if test}) >= PAGES[page]


def test_a_name_that_is_wrong_would_be_seen() -> None:
    row = "`unit/test_till_selling.py::test_nobody_wrote_this`, `unit/no_such_file.py`, `book/test_log.py::test_the_log_is_append_only`, `::test_nor_this`"
    assert [one for one in named(row) if not is_there(*one)] == [
        ("unit/test_till_selling.py", "test_nobody_wrote_this"),
        ("unit/no_such_file.py", ""),
        ("integration/book/test_log.py", "test_nor_this"),
    ]
