"""What the last self-test learned of the printer, kept in one file beside the journal. Another address is another printer."""

from __future__ import annotations

import json
from pathlib import Path

from kiosk.devices.ports import Abilities, Capability

FILE = "printer.json"


def keep_abilities(data_dir: Path, url: str, abilities: Abilities) -> None:
    """Write it whole."""
    new = data_dir / f"{FILE}.new"
    text = {"url": url, "status": abilities.status.value, "confirms": abilities.confirms, "name": abilities.name}
    new.write_text(json.dumps(text, ensure_ascii=False), encoding="utf-8")
    new.replace(data_dir / FILE)


def known_abilities(data_dir: Path, url: str) -> Abilities | None:
    """What is known of the printer at that address, None before its first self-test or when the file cannot be read."""
    try:
        kept = json.loads((data_dir / FILE).read_text(encoding="utf-8"))
        if kept["url"] != url:
            return None
        return Abilities(Capability(kept["status"]), bool(kept["confirms"]), str(kept["name"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
