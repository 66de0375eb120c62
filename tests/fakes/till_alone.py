"""The till alone, for its unit tests: nothing but ``step``, a journal that writes at once, and somebody's hands."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from kiosk.counter.checks import figures
from kiosk.counter.drafts import entry_of
from kiosk.counter.effects import Draft, Effect, WriteEntries, id_of
from kiosk.counter.events import (
    Action,
    Answered,
    Enrolled,
    Event,
    LineChanged,
    Moment,
    NoAnswer,
    NotWritten,
    Paper,
    PaperState,
    Scanned,
    SnapshotCame,
    Tap,
    Written,
    WrittenEntry,
)
from kiosk.counter.till import step
from kiosk.counter.values import AskHandOver, Face, Line, LineStatus, Printing, Refused, Till, Waiting
from schemas.entries import ENTRY, entry_bytes
from schemas.kiosk_api import EntryOutcome, Snapshot
from schemas.refusals import FaultCode, Refusal, RefusalCode
from schemas.tokens import CodeKind, code_text, read_code
from tests.fakes.fake_ledger import SOAP, a_snapshot, card_token

NOON = datetime(2026, 11, 18, 4, tzinfo=UTC)
ONLINE = Line(LineStatus.ONLINE)
OFFLINE = Line(LineStatus.OFFLINE)
F = TypeVar("F")


class TillAlone:
    """A till whose journal writes at once; the line and the printer answer only when told."""

    def __init__(self, snapshot: Snapshot | None = None, line: Line = ONLINE) -> None:
        self.till = Till()
        self.now = NOON
        self.trusted = True
        self.ms = 0
        self.ids = 0
        self.number = 0
        self.done: list[Effect] = []
        self.kept: list[Draft] = []
        self.writes = True
        self.feed(Enrolled(1))
        self.feed(SnapshotCame(snapshot or a_snapshot(taken_at=NOON)))
        self.feed(LineChanged(line))
        self.done.clear()

    def moment(self) -> Moment:
        self.ids += 2
        ids = (UUID(int=self.ids), UUID(int=self.ids + 1))
        return Moment(self.now, self.ms, UUID(int=1), self.trusted, ids, self.ids.to_bytes(17) + bytes(16))

    def feed(self, event: Event) -> list[Effect]:
        """The event, and what the journal says to it. Gives the effects."""
        self.till, effects = step(self.till, event, self.moment())
        self.done += effects
        found = list(effects)
        for effect in effects:
            if isinstance(effect, WriteEntries):
                found += self.feed(self.write(effect))
        return found

    def write(self, effect: WriteEntries) -> Written | NotWritten:
        if not self.writes:
            return NotWritten(id_of(effect.drafts[0]), FaultCode.DISK_NEARLY_FULL)
        kept = []
        self.kept += effect.drafts
        for draft in effect.drafts:
            self.number += 1
            entry = entry_of(draft, self.number, effect.moment, effect.clerk)
            assert ENTRY.validate_json(entry_bytes(entry)) == entry
            kept.append(WrittenEntry(entry.id, self.number, bytes([self.number % 256] * 32)))
        return Written(tuple(kept))

    def tap(self, action: Action, arg: str = "") -> list[Effect]:
        return self.feed(Tap(self.till.version, action, arg))

    def card(self, household: int = 7, extra: int = 0) -> list[Effect]:
        return self.scan(code_text("merit:", CodeKind.CARD, card_token(household, extra)))

    def scan(self, text: str) -> list[Effect]:
        return self.feed(Scanned(read_code(text)))

    def confirm(self, *barcodes: str) -> list[Effect]:
        """A household, its goods, and the confirm button."""
        self.card()
        for barcode in barcodes or (SOAP,):
            self.scan(barcode)
        self.tap(Action.REVIEW)
        return self.tap(Action.CONFIRM)

    def answer(self, outcome: str = "posted", balance: int | None = 55, **figures_: int) -> list[Effect]:
        face = self.till.face
        assert isinstance(face, Waiting | AskHandOver)
        said = EntryOutcome(
            number=face.sale.number, id=face.sale.id, outcome=outcome, balance=balance, seq=101, figures=dict(figures_)
        )
        return self.feed(Answered((said,)))

    def no_answer(self) -> list[Effect]:
        face = self.till.face
        assert isinstance(face, Waiting)
        return self.feed(NoAnswer(face.sale.id))

    def paper(self, state: Paper, trouble: FaultCode | None = None) -> list[Effect]:
        face = self.till.face
        assert isinstance(face, Printing)
        return self.feed(PaperState(face.sale.id, face.copy, state, trouble))

    def at(self, kind: type[F]) -> F:
        """The face, which must be of that kind."""
        face = self.till.face
        assert isinstance(face, kind)
        return face

    def refusal(self) -> RefusalCode:
        why = self.at(Refused).why
        assert isinstance(why, Refusal)
        return why.code

    def face(self) -> Face:
        """The face, whatever was known of it a line before."""
        return self.till.face

    def balance(self, household: str = "0007") -> int:
        shown = figures(self.till, household)
        assert shown is not None
        return shown.balance

    def drafts(self) -> list[str]:
        return [type(d).__name__ for e in self.done if isinstance(e, WriteEntries) for d in e.drafts]
