"""What the diagnostics add up: how the last papers ended, what the unsent sales come to, how often this program began."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from kiosk.care.facts import Papers
from kiosk.journal.journal import Journal

STARTS = "starts"
LAST_PAPERS = 100
_PAPERS = "e.number IN (SELECT number FROM entries WHERE kind = 'printed' ORDER BY number DESC LIMIT ?)"
_UNSENT = (
    "e.number > (SELECT taken_up_to FROM contact) AND e.kind IN ('asked', 'handed_over', 'collected', 'called_off')"
)


def last_papers(journal: Journal) -> Papers:
    """Of at most the last ``LAST_PAPERS``; a copy that is known not to have come out is neither."""
    states = [str(json.loads(row.text)["state"]) for row in journal.facts(_PAPERS, LAST_PAPERS)]
    return Papers(states.count("printed"), states.count("unknown"))


def unsent_points(journal: Journal) -> int:
    """What the sales come to that the ledger has not heard of, in the minor unit; each once, none that was called off."""
    points: dict[str, int] = {}
    for row in journal.facts(_UNSENT):
        entry = json.loads(row.text)
        sale = str(entry.get("asked", entry["id"]))
        if row.kind == "called_off":
            points.pop(sale, None)
        else:
            points[sale] = int(entry["total"])
    return sum(points.values())


def count_start(data_dir: Path) -> int:
    """How often this counter was started in this data directory, this time included. A count that cannot be read begins again."""
    path, before = data_dir / STARTS, 0
    with suppress(OSError, ValueError):
        before = int(path.read_text(encoding="ascii"))
    with suppress(OSError):  # a full card is told elsewhere
        new = data_dir / f"{STARTS}.new"
        new.write_text(f"{before + 1}\n", encoding="ascii")
        new.replace(path)
    return before + 1
