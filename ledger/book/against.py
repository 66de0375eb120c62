"""Hold a book against paper: a 封账码 or a signed note that left the machine earlier.

The database is believed in nothing: every transfer's bytes are hashed anew, only signatures count. A book that was rewritten with all
its tiles, frontier and stored roots cannot match a root that somebody has on paper.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, LargeBinary, cast, select

from ledger.book.checkpoints import key_history, published
from ledger.book.keys import trusted_keys
from ledger.book.log import TILE, full_tiles
from ledger.book.tables import books, transfers
from ledger.storage.database import Database
from schemas.merkle import HASH_BYTES, append, leaf_hash, root
from schemas.notes import Checkpoint, VerifierKey, origin_of, read_checkpoint, read_note, signers
from schemas.problems import BrokenContract
from schemas.slip import is_slip, read_slip

PAGE = 8 * TILE  # transfers a read: well under 100 ms, so that no commit waits long


class Finding(StrEnum):
    """What the comparison came to."""

    SAME = "same"
    REWRITTEN = "rewritten"
    CUT_SHORT = "cut_short"
    OLD_COPY = "old_copy"
    OTHER_VILLAGE = "other_village"
    BAD_SIGNATURE = "bad_signature"
    UNKNOWN_KEY = "unknown_key"


_WORDS = {
    Finding.SAME: "对上了：头 {size} 笔和纸上封的一样，账里现在有 {held} 笔",
    Finding.REWRITTEN: "对不上：头 {size} 笔里有改过的。{place}",
    Finding.CUT_SHORT: "对不上：纸上封到第 {size} 笔，账里只剩 {held} 笔，后面的被删了",
    Finding.OLD_COPY: "对不上：纸上封到第 {size} 笔，账里只到第 {held} 笔。这是旧的一份，多半是拿备份顶上的",
    Finding.OTHER_VILLAGE: "这张不是本村的封账",
    Finding.BAD_SIGNATURE: "这张封账的签名不对：码被改过，或不是用这把钥匙签的",
    Finding.UNKNOWN_KEY: "这张封账不是手上公钥签的，验不了：拿当时公布的公钥来",
}


@dataclass(frozen=True, slots=True)
class AgainstReport:
    """``size`` is how far the paper goes, ``held`` how many transfers are there.

    ``first_bad`` is the seq of the first wrong transfer where that can be told exactly; else the first wrong one is after
    ``sound_to`` (still as signed) and not after ``wrong_by``.
    """

    finding: Finding
    size: int
    held: int = 0
    first_bad: int | None = None
    sound_to: int = 0
    wrong_by: int | None = None

    @property
    def ok(self) -> bool:
        """True when the book still begins with what the paper says."""
        return self.finding is Finding.SAME

    @property
    def words(self) -> str:
        """What to tell the village."""
        if self.first_bad is not None:
            place = f"最早对不上的是第 {self.first_bad} 笔"
        else:
            place = f"最早对不上的在第 {self.sound_to + 1} 到 {self.wrong_by} 笔之间"
        return _WORDS[self.finding].format(size=self.size, held=self.held, place=place)


def verify_against(
    database: Database,
    village_id: int,
    village: str,
    paper: str,
    vkeys: Sequence[VerifierKey],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> AgainstReport:
    """Compare the book with a 封账码 or a note's text. ``vkeys`` are the public keys one trusts, from elsewhere than this database;
    later keys that they have named are found by themselves. BrokenContract when ``paper`` is neither slip nor note.

    ``progress`` is told after each page how many transfers are done, of how many.
    """
    note = read_slip(paper) if is_slip(paper) else read_note(paper.replace("\r\n", "\n"))
    checkpoint = read_checkpoint(note.text)
    if checkpoint.origin != origin_of(village):
        return AgainstReport(Finding.OTHER_VILLAGE, checkpoint.size)
    ours = [key for key in vkeys if key.name == checkpoint.origin]
    keys = trusted_keys(ours, database.read(lambda tx: key_history(tx, village_id)))
    try:
        if not signers(note, keys):
            return AgainstReport(Finding.UNKNOWN_KEY, checkpoint.size)
    except BrokenContract:
        return AgainstReport(Finding.BAD_SIGNATURE, checkpoint.size)
    stored = database.read(lambda tx: _signed(tx, village_id, keys))
    return _Comparison(village_id, checkpoint, stored).run(database, progress or (lambda _done, _all: None))


def _signed(tx: Connection, village_id: int, keys: Sequence[VerifierKey]) -> list[Checkpoint]:
    """The stored checkpoints whose signatures hold: they narrow down where a book was changed."""
    found = []
    for note in published(tx, village_id):
        try:
            if signers(note, keys):
                found.append(read_checkpoint(note.text))
        except BrokenContract:
            continue
    return found


class _Comparison:
    """Walks the book once, up to the paper's size, keeping the root of what it has seen.

    A tile that disagrees with its transfer is only a hint where to look (it may be the tile that was changed): what decides is a root.
    """

    def __init__(self, village_id: int, paper: Checkpoint, stored: Sequence[Checkpoint]) -> None:
        self.village_id = village_id
        self.paper = paper
        self.marks = {mark.size: mark.root for mark in (*stored, paper) if mark.size <= paper.size}
        self.furthest = max((mark.size for mark in stored), default=0)
        self.seen = 0
        self.frontier: tuple[bytes, ...] = ()
        self.hint: int | None = None
        self.sound_to = 0
        self.wrong_by: int | None = None

    def run(self, database: Database, progress: Callable[[int, int], None]) -> AgainstReport:
        """The report, after reading the book a page at a time."""
        self._mark()
        more = True
        while more and self.wrong_by is None and self.seen < self.paper.size:
            more = database.read(self._page)
            progress(self.seen, self.paper.size)
        held, counted = database.read(self._held)
        if self.wrong_by is not None:
            return AgainstReport(Finding.REWRITTEN, self.paper.size, held, self.hint, self.sound_to, self.wrong_by)
        if self.seen == self.paper.size:
            return AgainstReport(Finding.SAME, self.paper.size, held, sound_to=self.seen)
        if self.hint is not None:
            return AgainstReport(Finding.REWRITTEN, self.paper.size, held, self.hint, self.sound_to, self.seen)
        finding = Finding.CUT_SHORT if max(counted, self.furthest) > held else Finding.OLD_COPY
        return AgainstReport(finding, self.paper.size, held, sound_to=self.sound_to)

    def _page(self, tx: Connection) -> bool:
        """Take the next page; False at the end of the book and once something is certainly wrong."""
        first = self.seen
        tiles = full_tiles(tx, self.village_id, first // TILE, (first + PAGE) // TILE + 1)
        for row in self._rows(tx):
            if row.seq != self.seen + 1:
                self.hint = self.hint or self.seen + 1
                self.wrong_by = self.seen + 1
                return False
            hash_ = leaf_hash(row.leaf)
            if self.hint is None and _kept(tiles, self.seen) not in (None, hash_):
                self.hint = row.seq
            self.frontier = append(self.frontier, self.seen, hash_)
            self.seen += 1
            self._mark()
            if self.wrong_by is not None:
                return False
        return self.seen == first + PAGE

    def _rows(self, tx: Connection) -> Iterator[Any]:
        here = (transfers.c.village_id == self.village_id) & (transfers.c.seq > self.seen)
        query = select(transfers.c.seq, cast(transfers.c.leaf, LargeBinary).label("leaf")).where(here)
        limit = min(PAGE, self.paper.size - self.seen)
        yield from tx.execute(query.order_by(transfers.c.seq).limit(limit))

    def _mark(self) -> None:
        """Compare with whatever was signed at this size."""
        expected = self.marks.get(self.seen)
        if expected is None:
            return
        if expected == root(self.frontier):
            self.sound_to, self.hint = self.seen, None
        else:
            self.wrong_by = self.seen

    def _held(self, tx: Connection) -> tuple[int, int]:
        """How many transfers there are, and how many the book says."""
        here = transfers.c.village_id == self.village_id
        last = tx.execute(select(transfers.c.seq).where(here).order_by(transfers.c.seq.desc()).limit(1)).scalar()
        counted = tx.execute(select(books.c.last_seq).where(books.c.village_id == self.village_id)).scalar_one()
        return last or 0, counted


def _kept(tiles: dict[int, bytes], index: int) -> bytes | None:
    """The hash of leaf ``index`` as its tile has it."""
    tile, offset = divmod(index, TILE)
    return tiles[tile][offset * HASH_BYTES : (offset + 1) * HASH_BYTES] if tile in tiles else None
