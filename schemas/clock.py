"""The demo's clock: a file that holds how many whole days the village is ahead. Both programs read it in the demo only."""

from __future__ import annotations

from datetime import datetime, timedelta

LONGEST_AHEAD_DAYS = 4_000


def demo_now(text: str, real_now: datetime) -> datetime:
    """``real_now`` moved ahead by the days in ``text`` (an integer, 0 when empty). ValueError for anything else."""
    days = int(text.strip() or "0")
    if not 0 <= days <= LONGEST_AHEAD_DAYS:
        raise ValueError(f"the demo clock goes 0 to {LONGEST_AHEAD_DAYS} days ahead, not {days}")
    return real_now + timedelta(days=days)
