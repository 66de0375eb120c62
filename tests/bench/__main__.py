"""``python -m tests.bench [--full] [--only WORD]``: run the sections one after another and print one table at the end."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from tests.bench import at_counter, engine, growth, over_http
from tests.bench.figures import Figure, not_measured, table, told
from tests.bench.grown import Grown, grow

SMALL, LARGE, GROWN = 1_000, 1_000_000, 10_000_000  # transfers in a book
BYTES_EACH = 1_000  # what a transfer takes on the disk, with room for what is written beside it
MEMORY = Path("/dev/shm")  # where millions of rows are not held up by a slow disk
Section = Callable[[], Iterator[Figure]]


def main() -> None:
    """Measure, print; the exit code is 0 whatever the figures are."""
    words = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    words.add_argument(
        "--full", action="store_true", help="the heavy rows too: a book of ten million beside a young one"
    )
    words.add_argument("--transfers", type=int, default=LARGE, help="how large the book is that is read and verified")
    words.add_argument("--grown", type=int, default=GROWN, help="how large the heavy rows' book grows")
    words.add_argument("--only", default="", help="only sections whose name has this word")
    asked = words.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="merit-bench-") as folder:
        sections = _sections(Path(folder), asked.transfers)
        if asked.full:
            sections["growth"] = lambda: _growth(asked.grown)
        figures = [
            figure for name, section in sections.items() if asked.only in name for figure in _measured(name, section)
        ]
    sys.stdout.write(f"\n{_machine()}\n\n{table(figures)}\n\n{time.monotonic() - started:.0f} s\n")


def _sections(folder: Path, transfers: int) -> dict[str, Section]:
    @cache
    def village(size: int) -> Grown:
        return grow(folder / f"village-{size}", size)

    return {
        "engine-sqlite": lambda: engine.on_sqlite(folder),
        "engine-postgresql": engine.on_postgres,
        "http-door": lambda: over_http.door(folder),
        "http-counter": lambda: over_http.counter(folder),
        "http-reading": lambda: over_http.reading(village(transfers)),
        "proving": lambda: growth.proving(village(transfers), village(SMALL)),
        "start": lambda: over_http.start(folder),
        "kiosk": lambda: at_counter.counter(folder),
    }


def _growth(transfers: int) -> Iterator[Figure]:
    """In memory where there is room for it, else on the disk; where that is too small, a smaller book."""
    need = transfers * BYTES_EACH
    places = [place for place in (MEMORY, Path(tempfile.gettempdir())) if place.is_dir()]
    place = next((one for one in places if shutil.disk_usage(one).free > need), places[-1])
    fits = min(transfers, shutil.disk_usage(place).free * 8 // 10 // BYTES_EACH)
    with tempfile.TemporaryDirectory(prefix="merit-bench-", dir=place) as folder:
        yield told("growth: measured in", fits, "transfers", note=f"{place}, beside a young book in the same place")
        yield from growth.growth(grow(Path(folder) / "grown", fits), grow(Path(folder) / "young", growth.YOUNG))
    yield not_measured(
        "growth on PostgreSQL", "its indexes are the same B-trees; run by hand where a server is at hand"
    )


def _measured(name: str, section: Section) -> Iterator[Figure]:
    """A section's figures; one that breaks off says so and the rest goes on."""
    try:
        yield from section()
    except Exception as error:
        yield not_measured(name, error)


def _machine() -> str:
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{platform.machine()}, {os.cpu_count()} cores, load {load}; Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"


if __name__ == "__main__":
    main()
