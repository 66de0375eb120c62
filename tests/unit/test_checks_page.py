"""CHECKS.md of the book names tests: each of them is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "ledger" / "book" / "CHECKS.md"
NAMED = re.compile(r"(?P<file>(?:book|integration|faults|unit|model)/\w+\.py)?(?:::(?P<test>test_\w+))?")


def test_every_test_that_the_page_names_is_there() -> None:
    missing, seen = [], 0
    for row in PAGE.read_text("utf-8").splitlines():
        content = ""
        for found in NAMED.finditer(row):
            file, test = found["file"], found["test"]
            if file:
                path = ROOT / "tests" / re.sub(r"^book/", "integration/book/", file)
                content = path.read_text("utf-8") if path.exists() else ""
                missing += [] if content else [file]
            if test:
                seen += 1
                missing += [] if f"def {test}(" in content else [f"{file} {test}"]
    assert missing == []
    assert seen > 50
