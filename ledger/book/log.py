"""The log's hashes where they lie: 256 to a tile, written once the tile is full. A tile's root is a leaf of the level above.

Level 0 holds leaf hashes, level 1 the roots of level 0's tiles, and so on (the shape of c2sp.org/tlog-tiles, in rows). What is not
yet a full tile is read from the transfers themselves, at most 255 of them, so posting writes a row here only once in 256.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, LargeBinary, bindparam, cast, insert, select

from ledger.book.log_tables import log_tiles
from ledger.book.tables import transfers
from schemas.merkle import leaf_hash, node_hash, unpack

TILE = 256
TILE_BITS = 8

_LEVEL = (log_tiles.c.village_id == bindparam("village")) & (log_tiles.c.level == bindparam("level"))
_HASHES = select(log_tiles.c.hashes).where(_LEVEL, log_tiles.c.tile == bindparam("tile"))
_ROOTS = (
    select(log_tiles.c.root)
    .where(_LEVEL, log_tiles.c.tile.between(bindparam("first"), bindparam("last")))
    .order_by(log_tiles.c.tile)
)
_LEAVES = (
    select(transfers.c.leaf)
    .where(
        transfers.c.village_id == bindparam("village"), transfers.c.seq.between(bindparam("first"), bindparam("last"))
    )
    .order_by(transfers.c.seq)
)


def append_tiles(tx: Connection, village_id: int, first_seq: int, leaves: Sequence[bytes]) -> None:
    """Write the tiles that these new leaves fill, in the unit of work that writes their transfers.

    ``first_seq`` is the seq of the first new leaf; the leaves before it are read back where their tile began earlier.
    """
    start = first_seq - 1
    full = (start + len(leaves)) // TILE
    if full == start // TILE:
        return
    hashes = [leaf_hash(leaf) for leaf in leaves]
    begun = start // TILE * TILE
    _append_level(tx, village_id, 0, begun // TILE, [*_leaf_hashes(tx, village_id, begun, start), *hashes])


def _append_level(tx: Connection, village_id: int, level: int, first_tile: int, hashes: list[bytes]) -> None:
    """Write the full tiles of a level; ``hashes`` begin where ``first_tile`` does. Their roots go one level up."""
    parts = [hashes[offset : offset + TILE] for offset in range(0, len(hashes) - TILE + 1, TILE)]
    if not parts:
        return
    roots = [fold(part) for part in parts]
    rows = [
        {"village_id": village_id, "level": level, "tile": tile, "hashes": b"".join(part), "root": root}
        for tile, (part, root) in enumerate(zip(parts, roots, strict=True), start=first_tile)
    ]
    tx.execute(insert(log_tiles), rows)
    above = first_tile // TILE
    if (first_tile + len(parts)) // TILE > above:
        earlier = _tile_roots(tx, village_id, level, above * TILE, first_tile)
        _append_level(tx, village_id, level + 1, above, [*earlier, *roots])


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over a power of two of sibling hashes."""
    row = list(hashes)
    while len(row) > 1:
        row = list(map(node_hash, row[::2], row[1::2]))
    return row[0]


class StoredNodes:
    """Hashes of complete subtrees, each tile read once: ``node`` is what ``schemas.proofs`` asks for. Use it within one snapshot."""

    def __init__(self, tx: Connection, village_id: int) -> None:
        self._tx = tx
        self._village_id = village_id
        self._rows: dict[tuple[int, int], Sequence[bytes]] = {}

    def node(self, level: int, index: int) -> bytes:
        """The root of leaves ``index * 2**level`` up to the next. LookupError when the log is shorter than that."""
        tile_level, height = divmod(level, TILE_BITS)
        first = index << height
        tile, offset = divmod(first, TILE)
        row = self._row(tile_level, tile)
        part = row[offset : offset + (1 << height)]
        if len(part) < 1 << height:
            raise LookupError(f"the log has no {index + 1} subtrees of 2**{level} leaves")
        return fold(part)

    def _row(self, level: int, tile: int) -> Sequence[bytes]:
        if (level, tile) not in self._rows:
            self._rows[level, tile] = self._read(level, tile)
        return self._rows[level, tile]

    def _read(self, level: int, tile: int) -> Sequence[bytes]:
        here = {"village": self._village_id, "level": level, "tile": tile}
        full = self._tx.execute(_HASHES, here).scalar_one_or_none()
        if full is not None:
            return unpack(full)
        start, end = tile * TILE, (tile + 1) * TILE
        if level == 0:
            return _leaf_hashes(self._tx, self._village_id, start, end)
        return _tile_roots(self._tx, self._village_id, level - 1, start, end)


def full_tiles(tx: Connection, village_id: int, start: int, end: int) -> dict[int, bytes]:
    """The leaf hashes kept in level 0's tiles from ``start`` up to ``end`` (tile numbers), 8,192 bytes each."""
    where = (log_tiles.c.village_id == village_id) & (log_tiles.c.level == 0)
    hashes = cast(log_tiles.c.hashes, LargeBinary).label("hashes")  # somebody may have put text there that is no UTF-8
    query = select(log_tiles.c.tile, hashes).where(where, log_tiles.c.tile.between(start, end - 1))
    return {row.tile: row.hashes for row in tx.execute(query)}


def _leaf_hashes(tx: Connection, village_id: int, start: int, end: int) -> list[bytes]:
    """Hashes of the leaves from index ``start`` up to ``end``, from the transfers."""
    if start >= end:
        return []
    found = tx.execute(_LEAVES, {"village": village_id, "first": start + 1, "last": end})
    return [leaf_hash(leaf) for (leaf,) in found.all()]


def _tile_roots(tx: Connection, village_id: int, level: int, start: int, end: int) -> list[bytes]:
    """Roots of the full tiles of a level from ``start`` up to ``end``, as far as there are any."""
    if start >= end:
        return []
    found = tx.execute(_ROOTS, {"village": village_id, "level": level, "first": start, "last": end - 1})
    return [root for (root,) in found.all()]
