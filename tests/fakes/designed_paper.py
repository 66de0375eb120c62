"""A paper's rows written down as the design's examples and the golden files have them."""

from __future__ import annotations

from kiosk.receipts.text import width
from kiosk.receipts.values import Blank, Cut, Line, Paper, Qr, Rule, Text


def as_designed(lines: tuple[Line, ...], paper: Paper) -> str:
    """A row a line: its style, then what is on the paper, blanks included; Q a QR code, X a cut."""
    rows = []
    for line in lines:
        match line:
            case Text(text, style):
                room = paper.width_columns // style.scale_x
                rows.append(f"{style.value or ' '}|{text}{' ' * (room - width(text))}|")
            case Rule():
                rows.append(f" |{'-' * paper.width_columns}|")
            case Blank():
                rows.append(f" |{' ' * paper.width_columns}|")
            case Qr():
                rows.append("Q|")
            case Cut():
                rows.append("X|")
    return "\n".join(rows)
