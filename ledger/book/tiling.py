"""A log's leaf hashes in order, as full tiles and as a root: what the tiles that are kept are held against."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, LargeBinary, bindparam, cast, func, select

from ledger.book.log import TILE, fold
from ledger.book.log_tables import log_tiles
from ledger.storage.bulk import plain_rows
from schemas.merkle import extend, root

_KEPT = (  # bytes, whatever somebody may have put there: text that is no UTF-8 could not even be read
    select(log_tiles.c.tile, cast(log_tiles.c.hashes, LargeBinary), cast(log_tiles.c.root, LargeBinary))
    .where(log_tiles.c.village_id == bindparam("village"), log_tiles.c.level == bindparam("level"))
    .where(log_tiles.c.tile.between(bindparam("first"), bindparam("last")))
)


@dataclass(frozen=True, slots=True)
class FullTile:
    """256 hashes of a level side by side, and their root, which is one of the 256 of a tile above."""

    level: int
    tile: int
    hashes: bytes
    root: bytes


class Tiling:
    """Grows by leaf hashes. Each level keeps what is no full tile yet, at most 255 hashes."""

    def __init__(self) -> None:
        self._rows: list[list[bytes]] = [[]]
        self._full: list[int] = [0]

    def add(self, hashes: Iterable[bytes]) -> list[FullTile]:
        """The tiles that these leaves fill, those of a level in order."""
        return list(self._add(0, hashes))

    @property
    def root(self) -> bytes:
        """The log's root until here (RFC 6962)."""
        frontier: tuple[bytes, ...] = ()
        for row in reversed(self._rows):
            frontier += extend((), 0, row)
        return root(frontier)

    @property
    def count(self) -> int:
        """How many full tiles there are by now, over all levels."""
        return sum(self._full)

    def _add(self, level: int, hashes: Iterable[bytes]) -> Iterable[FullTile]:
        row = [*self._rows[level], *hashes]
        whole = len(row) // TILE * TILE
        self._rows[level] = row[whole:]
        if not whole:
            return
        if level + 1 == len(self._rows):
            self._rows.append([])
            self._full.append(0)
        parts = [row[start : start + TILE] for start in range(0, whole, TILE)]
        made = [FullTile(level, n, b"".join(part), fold(part)) for n, part in enumerate(parts, start=self._full[level])]
        self._full[level] += len(made)
        yield from made
        yield from self._add(level + 1, [tile.root for tile in made])


def tile_problems(tx: Connection, village_id: int, made: Sequence[FullTile]) -> list[str]:
    """What the kept tiles have otherwise than the transfers make them; a few rows are read."""
    kept: dict[tuple[int, int], tuple[bytes, bytes]] = {}
    for level in {tile.level for tile in made}:
        numbers = [tile.tile for tile in made if tile.level == level]
        here = {"village": village_id, "level": level, "first": numbers[0], "last": numbers[-1]}
        kept |= {(level, number): (hashes, root) for number, hashes, root in plain_rows(tx, _KEPT, here)}
    found = []
    for tile in made:
        there = kept.get((tile.level, tile.tile))
        if there != (tile.hashes, tile.root):
            what = "不见了" if there is None else "和各笔账对不上"
            found.append(f"日志第 {tile.level} 层第 {tile.tile} 块{what}")
    return found


def tiles_kept(tx: Connection, village_id: int) -> int:
    """How many tiles there are."""
    query = select(func.count()).select_from(log_tiles).where(log_tiles.c.village_id == village_id)
    return int(tx.execute(query).scalar_one())
