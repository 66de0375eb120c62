"""What a notice shows: its lines masked, items only as far as the rule book makes them public, and sums. Paper and screen alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from ledger.awards.reading import all_notices, claims_of_notice, notice_by_id
from ledger.awards.tables import claims
from ledger.awards.values import Claim, ClaimState, Notice
from ledger.awards.words import held_down_text, public_text
from ledger.villages.store import Village

NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class SheetLine:
    """A line as everybody may read it. ``month_points`` is what the household has in the deed's month up to this notice."""

    household: str
    masked_name: str
    why: str
    capped: str
    points: int
    month_points: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A notice as it is put up. ``unnamed`` lines are those of items of which nothing is public: counted, not listed.

    ``areas_only`` are the areas that stand in place of an item.
    """

    notice: Notice
    lines: tuple[SheetLine, ...]
    unnamed: int
    unnamed_points: int
    versions: tuple[int, ...]
    areas_only: tuple[str, ...]

    @property
    def households(self) -> int:
        """How many households are listed."""
        return len({line.household for line in self.lines})

    @property
    def points(self) -> int:
        """The points of the listed lines together."""
        return sum(line.points for line in self.lines)


@dataclass(frozen=True, slots=True)
class NoticeSummary:
    """A notice in a list: how many households and points, and how many lines have not been credited."""

    notice: Notice
    households: int
    points: int
    open_lines: int

    def hangs(self, today: date) -> bool:
        """True from its first day to its last."""
        return self.notice.first_day <= today <= self.notice.last_day

    def late(self, now: datetime) -> bool:
        """True when its days are over and lines still wait: held, or the job has not run."""
        return self.open_lines > 0 and self.notice.credit_at <= now


def notice_sheet(tx: Connection, village: Village, notice_id: int) -> Sheet | None:
    """The notice with that number as it is put up, or None."""
    notice = notice_by_id(tx, village.village_id, notice_id)
    if notice is None:
        return None
    told = claims_of_notice(tx, village.village_id, notice_id)
    public = [claim for claim in told if claim.public != NOTHING]
    unnamed = [claim for claim in told if claim.public == NOTHING]
    months = _month_points(tx, village.village_id, notice_id, public)
    lines = tuple(
        SheetLine(
            claim.household,
            claim.masked_name,
            public_text(claim),
            held_down_text(claim, village.decimals),
            claim.points,
            months[(claim.household_id, claim.done_on.year, claim.done_on.month)],
        )
        for claim in public
    )
    return Sheet(
        notice,
        lines,
        unnamed=len(unnamed),
        unnamed_points=sum(claim.points for claim in unnamed),
        versions=tuple(sorted({claim.version for claim in told})),
        areas_only=tuple(sorted({claim.area_name for claim in public if claim.public == "area"})),
    )


def notice_summaries(tx: Connection, village_id: int, *, limit: int = 60) -> list[NoticeSummary]:
    """The newest notices first."""
    waiting = func.sum((claims.c.state == ClaimState.ON_NOTICE.value).cast(claims.c.points.type))
    query = (
        select(
            claims.c.notice_id,
            func.count(claims.c.household_id.distinct()).label("households"),
            func.sum(claims.c.points).label("points"),
            waiting.label("open_lines"),
        )
        .where(claims.c.village_id == village_id, claims.c.notice_id.is_not(None))
        .group_by(claims.c.notice_id)
    )
    sums = {row.notice_id: (row.households, int(row.points), int(row.open_lines)) for row in tx.execute(query)}
    return [
        NoticeSummary(notice, *sums.get(notice.notice_id, (0, 0, 0)))
        for notice in all_notices(tx, village_id, limit=limit)
    ]


def _month_points(
    tx: Connection, village_id: int, notice_id: int, told: Sequence[Claim]
) -> dict[tuple[int, int, int], int]:
    """Points by household and month of the deed, over this notice and those before it: what was put up stays true."""
    if not told:
        return {}
    first = min(claim.done_on for claim in told).replace(day=1)
    query = select(claims.c.household_id, claims.c.done_on, claims.c.points).where(
        claims.c.village_id == village_id,
        claims.c.household_id.in_({claim.household_id for claim in told}),
        claims.c.notice_id <= notice_id,
        claims.c.done_on >= first,
    )
    found: dict[tuple[int, int, int], int] = {}
    for row in tx.execute(query):
        key = (row.household_id, row.done_on.year, row.done_on.month)
        found[key] = found.get(key, 0) + row.points
    return found
