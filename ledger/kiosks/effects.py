"""What one entry does to the book, the shelf and the cards, once ``rules`` said which action it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from ledger.book.values import Outcome
from ledger.kiosks.cases import entry_document, raise_case
from ledger.kiosks.reading import ReadEntry
from ledger.kiosks.rules import (
    QUARANTINED,
    RECORDED,
    Action,
    AnyEntry,
    SaleSoFar,
    action_of,
    card_trouble,
    contradicts,
    entry_faults,
    happened_at,
    is_late,
)
from ledger.kiosks.store import Kiosk
from ledger.people.cards import Card, card_by_hash, card_scanned
from ledger.people.store import Household, household_by_number
from ledger.shop.redemptions import redemption_by_id
from ledger.shop.store import redeem, take_back
from ledger.shop.values import Sale, SaleLine
from ledger.villages.store import Village
from schemas.entries import Asked, CalledOff, HandedOver
from schemas.kiosk_api import EntryOutcome
from schemas.problems import BrokenContract, Fault
from schemas.refusals import Refusal, RefusalCode

CARD_WORDS = {"card_unknown": "名册里没有", "card_reported_lost": "报过丢失", "card_replaced": "已经换过新卡"}


@dataclass(frozen=True, slots=True)
class Effects:
    """Carries out entries of one kiosk in one unit of work."""

    tx: Connection
    village: Village
    kiosk: Kiosk
    now: datetime
    _households: dict[str, Household | None] = field(default_factory=dict)
    _cards: dict[str, Card | None] = field(default_factory=dict)

    def of(self, read: ReadEntry, so_far: SaleSoFar, *, used: bool) -> EntryOutcome:
        """The entry's outcome, with everything that it changes written. What breaks a contract is put aside whole."""
        if read.entry is None:
            return self._put_aside(read, "读不懂")
        if why := entry_faults(read.entry, read.sent.number, used):
            return self._put_aside(read, why)
        try:
            outcome = self._done(read.entry, so_far)
        except BrokenContract as broken:
            return self._put_aside(read, "，".join(fault.words for fault in broken.faults))
        if contradicts(read.entry, so_far):
            figures: dict[str, str | int] = {"kiosk": self.kiosk.kiosk_id, "entry": read.entry.number}
            raise_case(self.tx, self.village, "called_off_after_goods", read.entry.id, figures, self.now)
        return outcome

    def _done(self, entry: AnyEntry, so_far: SaleSoFar) -> EntryOutcome:
        match action_of(entry, so_far), entry:
            case Action.JUDGE, Asked():
                with self.tx.begin_nested():
                    return self._judge(entry)
            case Action.POST, HandedOver():
                with self.tx.begin_nested():
                    return self._post(entry, so_far.asked_number or entry.number)
            case Action.TAKE_BACK, CalledOff():
                with self.tx.begin_nested():
                    return self._take_back(entry)
            case Action.SUPERSEDE, _:
                return _told(entry, Outcome(entry.id, RefusalCode.SUPERSEDED.code), None)
            case _:
                return _told(entry, Outcome(entry.id, RECORDED), None)

    def _judge(self, entry: Asked) -> EntryOutcome:
        household, card = self._household(entry), self._card(entry)
        if household is None:
            return _told(entry, Outcome(entry.id, RefusalCode.CARD_UNKNOWN.code), None)
        sale = self._sale(entry, household, entry.number, _trouble(entry, household, card))
        outcome = redeem(self.tx, self.village, sale, now=self.now, below_floor=False)
        if outcome.posted:
            self._scanned(card)
        return _told(entry, outcome, outcome.debit_balance)

    def _post(self, entry: HandedOver, number: int) -> EntryOutcome:
        household, card = self._household(entry), self._card(entry)
        if household is None:
            raise BrokenContract([Fault("household", f"名册里没有户号 {entry.household}")])
        sale = self._sale(entry, household, number, None)
        outcome = redeem(self.tx, self.village, sale, now=self.now, below_floor=True)
        trouble = _trouble(entry, household, card) if entry.card is not None else None
        if trouble is None:
            self._scanned(card)
        else:
            figures: dict[str, str | int] = {"number": sale.number, "why": CARD_WORDS[trouble.code.code]}
            raise_case(self.tx, self.village, "card_unknown", entry.id, figures, self.now, household=household.number)
        return _told(entry, outcome, outcome.debit_balance)

    def _take_back(self, entry: CalledOff) -> EntryOutcome:
        redemption = redemption_by_id(self.tx, self.village.village_id, entry.asked)
        if redemption is None:
            raise BrokenContract([Fault("asked", f"没有 {entry.asked} 这一单")])
        done_at = happened_at(entry, now=self.now, enrolled_at=self.kiosk.enrolled_at)
        outcome = take_back(
            self.tx, self.village, redemption, reversal_id=entry.id, actor=self._actor, done_at=done_at, now=self.now
        )
        return _told(entry, outcome, outcome.credit_balance)

    def _sale(self, entry: Asked | HandedOver, household: Household, number: int, barred: Refusal | None) -> Sale:
        return Sale(
            id=entry.id,
            number=f"{self.kiosk.kiosk_id}-{number:06}",
            household=household,
            lines=tuple(SaleLine(line.barcode, line.quantity, line.price) for line in entry.lines),
            receipt_hash=bytes.fromhex(entry.receipt),
            actor=self._actor,
            clerk=entry.clerk,
            at=happened_at(entry, now=self.now, enrolled_at=self.kiosk.enrolled_at),
            offline=isinstance(entry, HandedOver),
            agreed_prices=is_late(entry, self.now),
            barred=barred,
        )

    @property
    def _actor(self) -> str:
        return f"kiosk:{self.kiosk.kiosk_id}"

    def _household(self, entry: Asked | HandedOver) -> Household | None:
        if entry.household not in self._households:
            found = household_by_number(self.tx, self.village.village_id, entry.household)
            self._households[entry.household] = found
        return self._households[entry.household]

    def _card(self, entry: Asked | HandedOver) -> Card | None:
        if entry.card is None:
            return None
        if entry.card not in self._cards:
            found = card_by_hash(self.tx, self.village.village_id, bytes.fromhex(entry.card))
            self._cards[entry.card] = found
        return self._cards[entry.card]

    def _scanned(self, card: Card | None) -> None:
        """The first sale with a new card stops the older ones: what was read of cards before counts no more."""
        if card is not None and card.first_scanned_at is None:
            card_scanned(self.tx, self.village.village_id, card.token_hash, self.now)
            self._cards.clear()

    def _put_aside(self, read: ReadEntry, why: str) -> EntryOutcome:
        number = read.sent.number
        document = entry_document(self.village, self.kiosk.kiosk_id, number)
        figures: dict[str, str | int] = {"kiosk": self.kiosk.kiosk_id, "entry": number, "why": why}
        raise_case(self.tx, self.village, "entry_quarantined", document, figures, self.now)
        return EntryOutcome(number=number, id=read.entry_id, outcome=QUARANTINED)


def _trouble(entry: Asked | HandedOver, household: Household, card: Card | None) -> Refusal | None:
    theirs = card is not None and card.household_id == household.household_id
    return card_trouble(entry.card is not None, card.state if card is not None and theirs else None)


def _told(entry: AnyEntry, outcome: Outcome, balance: int | None) -> EntryOutcome:
    return EntryOutcome(
        number=entry.number, id=entry.id, outcome=outcome.code, figures=dict(outcome.figures), balance=balance,
        seq=outcome.seq,
    )  # fmt: skip
