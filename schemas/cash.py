"""Cash top-up where a village allows it: what so many points cost in fen, and what a sale's cash should be."""

from __future__ import annotations


def cash_for(points: int, fen_per_point: int, decimals: int) -> int:
    """Fen for ``points`` (minor unit) that the account does not pay; ``fen_per_point`` is the village's rate for one whole point.

    A part of a fen counts as one: 3 tenths at 1 fen a point are 1 fen.
    """
    if points < 0 or fen_per_point < 1:
        raise ValueError("cash is for points, at a rate of at least one fen")
    return -(-points * fen_per_point // (10 if decimals else 1))


def fen_text(fen: int) -> str:
    """Money as paper shows it: "27.00", without the sign of a currency."""
    return f"{fen // 100}.{fen % 100:02}"
