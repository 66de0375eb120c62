"""``python -m tests.bench [--full] [--only WORD]``: run the sections one after another and print one table at the end."""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench import at_counter, engine, growth, over_http
from tests.bench.figures import Figure, not_measured, table

SMALL, LARGE = 20_000, 1_000_000  # transfers in the book that is read, verified and proved from
Section = Callable[[], Iterator[Figure]]


def main() -> None:
    """Measure, print; the exit code is 0 whatever the figures are."""
    words = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    words.add_argument("--full", action="store_true", help="the heavy rows too")
    words.add_argument("--transfers", type=int, default=LARGE, help="how large the heavy rows' book grows")
    words.add_argument("--only", default="", help="only sections whose name has this word")
    asked = words.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="merit-bench-") as folder:
        sections = _sections(Path(folder), asked.transfers if asked.full else SMALL, full=asked.full)
        figures = [
            figure for name, section in sections.items() if asked.only in name for figure in _measured(name, section)
        ]
    sys.stdout.write(f"\n{_machine()}\n\n{table(figures)}\n\n{time.monotonic() - started:.0f} s\n")


def _sections(folder: Path, transfers: int, *, full: bool) -> dict[str, Section]:
    sections: dict[str, Section] = {
        "engine-sqlite": lambda: engine.on_sqlite(folder),
        "engine-postgresql": engine.on_postgres,
        "http-door": lambda: over_http.door(folder),
        "http-counter": lambda: over_http.counter(folder),
        "http-reading": lambda: over_http.reading(folder, transfers),
        "proving": lambda: growth.proving(folder, transfers),
        "start": lambda: over_http.start(folder),
        "kiosk": lambda: at_counter.counter(folder),
    }
    return sections | ({"growth": lambda: growth.growth(folder, transfers)} if full else {})


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
