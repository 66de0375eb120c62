"""What came out of the demo's printer: the pictures in the folder, the text and the QR of a job."""

from __future__ import annotations

from pathlib import Path

from kiosk.devices.decode import Kind, decode


def papers(folder: Path) -> list[Path]:
    """The pictures of what was printed, the newest first."""
    return sorted(folder.glob("*.png"), reverse=True)


def printed(job: bytes) -> str:
    """The text that came out on paper."""
    return "\n".join(command.text for command in decode(job) if command.kind is Kind.TEXT)


def qr_of(job: bytes) -> str:
    """The text of the QR on paper; empty when there is none."""
    for command in decode(job):
        if command.kind is Kind.QR and command.body[2:4] == b"\x31\x50":
            return command.body[5:].decode("ascii")
    return ""
