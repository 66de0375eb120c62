"""Ledger and kiosk look alike: each carries its own copy of the style sheets, and the copies are equal."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["tokens.css", "base.css"])
def test_both_programs_have_the_same_sheet(name: str) -> None:
    assert (ROOT / "ledger/web/static" / name).read_bytes() == (ROOT / "kiosk/screen/static" / name).read_bytes()
