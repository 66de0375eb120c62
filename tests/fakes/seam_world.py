"""The ledger's side of a seam history: what it takes, what the office does in between, and an older copy that comes back.

``log`` (``seam_log``) is what happened to the book, in the order in which it did, as this world saw it from outside: entries with the
outcome that was told, points that the office gave and took. ``seam_reckoning`` works out from it alone what must be true.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar
from uuid import UUID, uuid5

from sqlalchemy import Connection

from kiosk.uplink.client import Forked as ForkHeard
from kiosk.uplink.client import Missing, NoAnswerCame, Stopped
from ledger.book.accounts import set_account
from ledger.book.store import post
from ledger.book.values import FUND, Kind, TransferRequest, household_account
from ledger.kiosks.intake import Forked, Gap, Revoked, Taken, check_upload, take
from ledger.kiosks.snapshot import changed_since
from ledger.kiosks.store import kiosk_by_id, revoke
from ledger.people.cards import card_by_hash, report_lost
from schemas.kiosk_api import EntryOutcome, Seal, Snapshot, Upload, UploadAnswer, UploadedEntry
from schemas.tokens import token_hash
from tests.conftest import FixedClock
from tests.fakes.seam_ground import Ground, copied, put_back
from tests.fakes.seam_log import Award, AwardTakenBack, Blocked, Entered, LogItem
from tests.fakes.shop_scene import GOODS, Scene

T = TypeVar("T")
_IDS = UUID("00000000-0000-7000-8000-0000000ff1ce")


@dataclass(frozen=True)
class Copy:
    """An older state of the ledger, and what was known when it was made."""

    file: sqlite3.Connection
    log: tuple[LogItem, ...]
    cards: dict[str, str]
    revoked: frozenset[int]


@dataclass
class World:
    """The ledger of one history. Every act is a unit of work of its own."""

    ground: Ground
    scene: Scene
    log: list[LogItem] = field(default_factory=list)
    revoked: set[int] = field(default_factory=set)
    lost_cards: set[str] = field(default_factory=set)
    copy: Copy | None = None
    restored: int = 0
    _papers: int = 0
    _whole: tuple[object, Snapshot] | None = None

    @classmethod
    def on(cls, ground: Ground) -> World:
        """As the ground is in the beginning."""
        ground.begin()
        return cls(ground, Scene(ground.database, ground.village, FixedClock(), dict(ground.cards)))

    # ── what counters ask ───────────────────────────────────────────────────────────────────────────────────────────

    def snapshot(self, kiosk: int, since: str) -> Snapshot:
        """The village as it is, or what changed since. Read from the tables once for each state that they are in."""
        if kiosk in self.revoked:
            raise Stopped("revoked")
        village, now = self.ground.village, self.scene.clock.now()
        state = (village.today(now), self.ground.state())
        if self._whole is None or self._whole[0] != state:
            self._whole = state, self.ground.snapshots.get(state) or self.ground.snapshot(now)
        held = self.ground.database.read(lambda tx: kiosk_by_id(tx, village.village_id, kiosk))
        assert held is not None
        told = {"taken_at": now, "taken_up_to": held.taken_up_to}
        answer = changed_since(self._whole[1].model_copy(update=told), since)
        return Snapshot.model_validate_json(answer.model_dump_json())

    def seal(self) -> Seal:
        """A signature that only goes on paper."""
        return Seal(size=len(self.log), sealed_at=self.scene.clock.now(), slip="slip", words=["稻", "井", "桥", "灯"])

    def upload(self, kiosk: int, upload: Upload, mode: str) -> UploadAnswer:
        """Take it as the API does. ``mode``: well, before, after, twice, part (the line ends between two units of work)."""
        sent = Upload.model_validate_json(upload.model_dump_json())
        if mode == "before":
            raise NoAnswerCame("cut on the way there")
        check_upload(self.ground.village, self.ground.kiosks[kiosk], sent)
        if mode == "part" and len(sent.entries) > 1:
            self._take(kiosk, sent.entries[: len(sent.entries) // 2])
            raise NoAnswerCame("cut between two units of work")
        answer = self._take(kiosk, sent.entries)
        if mode == "twice":
            answer = self._take(kiosk, sent.entries)
        if mode in ("after", "part"):
            raise NoAnswerCame("cut on the way back")
        return UploadAnswer.model_validate_json(answer.model_dump_json())

    def _take(self, kiosk: int, sent: Sequence[UploadedEntry]) -> UploadAnswer:
        village, now = self.ground.village, self.scene.clock.now()
        match self.write(lambda tx: take(tx, village, kiosk, sent, now)):
            case Taken(taken_up_to=up_to, outcomes=outcomes):
                self._heard(kiosk, sent, outcomes)
                return UploadAnswer(taken_up_to=up_to, outcomes=list(outcomes), server_time=now)
            case Gap(taken_up_to):
                raise Missing(taken_up_to)
            case Revoked():
                raise Stopped("revoked")
            case Forked():
                raise ForkHeard("fork")

    def _heard(self, kiosk: int, sent: Sequence[UploadedEntry], outcomes: Sequence[EntryOutcome]) -> None:
        """What is new goes on the log; what was taken before has its first outcome again, in full."""
        first = {item.number: item.outcome for item in self.log if isinstance(item, Entered) and item.kiosk == kiosk}
        assert [one.number for one in outcomes] == [one.number for one in sent]
        for entry, outcome in zip(sent, outcomes, strict=True):
            if outcome.number in first:
                assert outcome == first[outcome.number].model_copy(update={"repeated": True})
            else:
                assert not outcome.repeated
                self.log.append(Entered(kiosk, entry.number, entry.text, outcome, self.scene.clock.now()))

    # ── what the office does ────────────────────────────────────────────────────────────────────────────────────────

    def award(self, household: str, amount: int) -> None:
        id_ = self._id()
        self._post(id_, Kind.AWARD, FUND, household_account(household), amount)
        self.log.append(Award(id_, household, amount))

    def take_award_back(self, award: Award) -> None:
        """A reversal by two people: it may leave the household below 0."""
        self._post(self._id(), Kind.REVERSAL, household_account(award.household), FUND, award.amount, award.id)
        self.log.append(AwardTakenBack(award.id))

    def awards(self) -> list[Award]:
        """Those that stand."""
        back = {item.award for item in self.log if isinstance(item, AwardTakenBack)}
        return [item for item in self.log if isinstance(item, Award) and item.id not in back]

    def block(self, household: str, *, blocked: bool) -> None:
        code = household_account(household)
        self.write(lambda tx: set_account(tx, self.ground.village.village_id, code, blocked=blocked))
        self.log.append(Blocked(household, blocked))

    def change_price(self, barcode: str, price: int) -> None:
        rows = [line.split(",") for line in GOODS.splitlines()]
        for row in rows:
            row[3] = str(price) if row[0] == barcode else row[3]
        self.scene.import_goods("\n".join(",".join(row) for row in rows) + "\n")

    def new_card(self, household: str) -> None:
        self.scene.cards[household] = self.scene.new_card(household)

    def lose_card(self, household: str) -> None:
        """The card that the household shows is reported lost, which it may not know; it gets another one."""
        number = self.scene.database.read(lambda tx: self._card_number(tx, household))
        now = self.scene.clock.now()
        self.write(lambda tx: report_lost(tx, self.ground.village.village_id, number, now))
        self.lost_cards.add(self.scene.cards[household])
        self.new_card(household)

    def revoke(self, kiosk: int) -> None:
        now = self.scene.clock.now()
        self.write(lambda tx: revoke(tx, self.ground.village.village_id, kiosk, now))
        self.revoked.add(kiosk)

    # ── an older copy ───────────────────────────────────────────────────────────────────────────────────────────────

    def make_copy(self) -> None:
        self.copy = Copy(copied(self.ground.file), tuple(self.log), dict(self.scene.cards), frozenset(self.revoked))

    def restore(self) -> None:
        """The ledger is again as the copy has it; what the office did since is gone, what counters sent since is sent again."""
        assert self.copy is not None
        put_back(self.copy.file, self.ground.file)
        self.log = list(self.copy.log)
        self.scene.cards.clear()
        self.scene.cards.update(self.copy.cards)
        self.revoked = set(self.copy.revoked)
        self.restored += 1
        self._whole = None

    # ── inside ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def write(self, work: Callable[[Connection], T]) -> T:
        return self.scene.database.write(work)

    def _id(self) -> UUID:
        self._papers += 1
        return uuid5(_IDS, str(self._papers))

    def _card_number(self, tx: Connection, household: str) -> str:
        card = card_by_hash(tx, self.ground.village.village_id, token_hash(self.scene.cards[household]))
        assert card is not None
        return card.number

    def _post(self, id_: UUID, kind: Kind, debit: str, credit: str, amount: int, reverses: UUID | None = None) -> None:
        village, now = self.ground.village, self.scene.clock.now()
        request = TransferRequest(
            id=id_, kind=kind, debit=debit, credit=credit, amount=amount, done_on=village.today(now) - timedelta(days=1),
            actor="user:li", document_id=id_, second="user:zhou", reverses=reverses,
        )  # fmt: skip
        [outcome] = self.write(lambda tx: post(tx, village.village_id, [request], now=now))
        assert outcome.posted, outcome
