"""What entries of one kiosk's journal do, one after the other, to the shop and the cards as one unit of work sees them. Pure apart
from the ``Desk`` itself, which is changed: the rows were loaded before (``loading``) and are written after (``intake``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from ledger.book.values import household_account
from ledger.kiosks.cases import entry_document
from ledger.kiosks.reading import ReadEntry
from ledger.kiosks.rules import (
    POSTED,
    QUARANTINED,
    RECORDED,
    Action,
    SaleSoFar,
    action_of,
    card_trouble,
    cash_points,
    contradicts,
    entry_faults,
    happened_at,
    is_late,
    so_far_of,
    void_allowed,
)
from ledger.kiosks.store import Kiosk
from ledger.people.cards import ACTIVE, REPLACED, Card
from ledger.people.store import Household
from ledger.shop.deciding import cancel_order, enter_slip, order, sell, take_back
from ledger.shop.shelving import count_shelf, put_on_paper
from ledger.shop.shop import REVERSED, Shop
from ledger.shop.values import NewCase, Sale, SaleLine, StockLine, StockPaper, Wish
from ledger.staff.roles import Role
from schemas.entries import (
    AnyEntry,
    Asked,
    CalledOff,
    Collected,
    Counted,
    HandedOver,
    OrderCancelled,
    Ordered,
    Received,
    SlipEntered,
    Voided,
    WrittenOff,
)
from schemas.entries import Sale as SaleEntry
from schemas.problems import BrokenContract, Fault
from schemas.refusals import Refusal, RefusalCode

CARD_WORDS = {"card_unknown": "名册里没有", "card_reported_lost": "报过丢失", "card_replaced": "已经换过新卡"}
SUPERVISING = frozenset({Role.SUPERVISOR, Role.VILLAGE_ADMIN})


@dataclass(frozen=True, slots=True)
class Done:
    """What became of an entry. ``transfer`` is the id under which the book has it, for its place there."""

    outcome: str
    figures: Mapping[str, str | int] = field(default_factory=dict)
    balance: int | None = None
    transfer: UUID | None = None


@dataclass(slots=True)
class Desk:
    """One kiosk's entries in one unit of work: the shop, and the registers that the entries name."""

    shop: Shop
    kiosk: Kiosk
    households: Mapping[str, Household]
    cards: dict[bytes, Card]
    roles: Mapping[str, frozenset[Role]]
    sales: dict[UUID, SaleSoFar]
    used: set[UUID]
    scanned: list[bytes] = field(default_factory=list)

    def take(self, read: ReadEntry) -> Done:
        """The entry's outcome, with everything that it changes decided. What breaks a contract is put aside whole."""
        so_far = self.sales.get(read.sale, SaleSoFar()) if read.sale else SaleSoFar()
        done = self._outcome(read, so_far)
        if read.entry is not None and read.sale is not None:
            self.sales[read.sale] = so_far_of(so_far, read.kind, read.sent.number, done.outcome, read.entry_id)
        if read.entry_id is not None:
            self.used.add(read.entry_id)
        return done

    def _outcome(self, read: ReadEntry, so_far: SaleSoFar) -> Done:
        if read.entry is None:
            return self._put_aside(read, "读不懂")
        if why := entry_faults(read.entry, read.sent.number, read.entry.id in self.used):
            return self._put_aside(read, why)
        try:
            done = self._done(read.entry, so_far)
        except BrokenContract as broken:
            return self._put_aside(read, "，".join(fault.words for fault in broken.faults))
        if contradicts(read.entry, so_far):
            self._case("called_off_after_goods", read.entry.id, {"entry": read.entry.number})
        return done

    def _done(self, entry: AnyEntry, so_far: SaleSoFar) -> Done:
        match action_of(entry, so_far), entry:
            case Action.JUDGE, Asked():
                return self._judge(entry)
            case Action.POST, HandedOver() | Collected():
                return self._post(entry, so_far.asked_number or entry.number)
            case Action.SLIP, SlipEntered():
                return self._slip(entry)
            case Action.TAKE_BACK, CalledOff():
                return self._reverse(entry, entry.asked)
            case Action.VOID, Voided():
                return self._void(entry, so_far)
            case Action.HOLD, Ordered():
                return self._order(entry)
            case Action.RELEASE, OrderCancelled():
                cancel_order(self.shop, entry.ordered, release_id=entry.id, actor=self._actor)
                return Done(RECORDED)
            case Action.STOCK, Received() | Counted() | WrittenOff():
                return self._stock(entry)
            case Action.SUPERSEDE, _:
                return Done(RefusalCode.SUPERSEDED.code)
            case _:
                return Done(RECORDED)

    def _judge(self, entry: Asked) -> Done:
        household, card = self.households.get(entry.household), self._card(entry)
        if household is None:
            return Done(RefusalCode.CARD_UNKNOWN.code)
        sale = self._sale(entry, household, self._number(entry.number), barred=_trouble(entry, household, card))
        refusal = sell(self.shop, sale, below_floor=False)
        if refusal is not None:
            return Done(refusal.code.code, refusal.figures)
        self._scan(card)
        return self._posted(entry.id, household)

    def _post(self, entry: HandedOver | Collected, number: int) -> Done:
        household = self._household(entry)
        sell(self.shop, self._sale(entry, household, self._number(number)), below_floor=True)
        self._look_at_card(entry, household, self._number(number))
        return self._posted(entry.id, household)

    def _slip(self, entry: SlipEntered) -> Done:
        household = self._household(entry)
        zone, today = ZoneInfo(self.shop.village.timezone), self.shop.village.today(self.shop.now)
        noon = datetime.combine(min(entry.day, today), time(12), zone)
        sale = self._sale(entry, household, f"0-{entry.slip:06}")
        if not enter_slip(self.shop, replace(sale, slip=entry.slip, offline=True, at=min(noon, self.shop.now))):
            return Done(RECORDED)
        self._look_at_card(entry, household, sale.number)
        return self._posted(entry.id, household)

    def _void(self, entry: Voided, so_far: SaleSoFar) -> Done:
        sold = self.shop.redemptions.get(so_far.transfer) if so_far.transfer else None
        if sold is None or sold.state == REVERSED:
            self._case("void_without_sale", entry.id, {"entry": entry.number})
            return Done(RECORDED)
        at = happened_at(entry, now=self.shop.now, enrolled_at=self.kiosk.enrolled_at)
        today = self.shop.village.today
        supervisor = entry.supervisor if self._supervises(entry) else None
        done = self._reverse(entry, sold.redemption_id, second=supervisor, reason=entry.reason)
        if not void_allowed(
            same_clerk=sold.clerk == entry.clerk,
            same_day=today(sold.redeemed_at) == today(at),
            supervisor=supervisor is not None,
        ):
            figures: dict[str, str | int] = {"entry": entry.number, "number": sold.number, "clerk": entry.clerk}
            self._case("void_unsupervised", entry.id, figures, sold.household)
        return done

    def _reverse(
        self, entry: CalledOff | Voided, transfer: UUID, *, second: str | None = None, reason: str | None = None
    ) -> Done:
        sold = self.shop.redemptions.get(transfer)
        if sold is None:
            raise BrokenContract([Fault("asked", f"没有 {transfer} 这一单")])
        at = happened_at(entry, now=self.shop.now, enrolled_at=self.kiosk.enrolled_at)
        take_back(self.shop, sold, reversal_id=entry.id, actor=self._actor, done_at=at, second=second, reason=reason)
        return Done(POSTED, {}, self.shop.accounts[household_account(sold.household)].balance, entry.id)

    def _order(self, entry: Ordered) -> Done:
        household, card = self.households.get(entry.household), self._card(entry)
        if household is None:
            return Done(RefusalCode.CARD_UNKNOWN.code)
        wish = Wish(
            id=entry.id, number=self._number(entry.number), household=household, lines=_lines(entry), until=entry.until,
            actor=self._actor, clerk=entry.clerk, agreed_prices=is_late(entry, self.shop.now),
            at=happened_at(entry, now=self.shop.now, enrolled_at=self.kiosk.enrolled_at),
            barred=_trouble(entry, household, card), card_shown=entry.card is not None, second=self._second(entry),
        )  # fmt: skip
        if (refusal := order(self.shop, wish)) is not None:
            return Done(refusal.code.code, refusal.figures)
        account = self.shop.accounts[household_account(household.number)]
        return Done(POSTED, {}, account.balance - account.held)

    def _stock(self, entry: Received | Counted | WrittenOff) -> Done:
        at = happened_at(entry, now=self.shop.now, enrolled_at=self.kiosk.enrolled_at)
        paper = StockPaper(entry.id, entry.kind, self._number(entry.number), at, entry.clerk, ())
        match entry:
            case Received(lines=received):
                lines = [StockLine(x.barcode, x.quantity, None, x.cost_fen, x.best_before) for x in received]
                put_on_paper(self.shop, replace(paper, lines=tuple(lines), source=entry.source))
            case WrittenOff(lines=gone):
                lines = [StockLine(x.barcode, -x.quantity, reason=x.reason) for x in gone]
                put_on_paper(self.shop, replace(paper, lines=tuple(lines), second=self._second(entry)))
            case Counted(lines=counted):
                found = {x.barcode: (x.booked, x.counted, x.reason) for x in counted}
                if len(found) != len(counted):
                    raise BrokenContract([Fault("lines", "同一样东西写了两行")])
                count_shelf(self.shop, replace(paper, second=self._second(entry)), found)
        return Done(RECORDED)

    def _sale(self, entry: SaleEntry, household: Household, number: str, *, barred: Refusal | None = None) -> Sale:
        return Sale(
            id=entry.id,
            number=number,
            household=household,
            lines=_lines(entry),
            receipt_hash=bytes.fromhex(entry.receipt),
            actor=self._actor,
            clerk=entry.clerk,
            at=happened_at(entry, now=self.shop.now, enrolled_at=self.kiosk.enrolled_at),
            offline=isinstance(entry, HandedOver),
            agreed_prices=is_late(entry, self.shop.now),
            card_shown=entry.card is not None,
            second=self._second(entry),
            proxy=entry.proxy.reason if entry.proxy else None,
            pin_checked=entry.pin_checked,
            cash_fen=entry.cash_fen,
            cash_points=cash_points(entry),
            order=entry.ordered if isinstance(entry, Collected) else None,
            barred=barred,
        )

    @property
    def _actor(self) -> str:
        return f"kiosk:{self.kiosk.kiosk_id}"

    def _number(self, number: int) -> str:
        """The 单号 of an entry, as paper says it: 1-000482."""
        return f"{self.kiosk.kiosk_id}-{number:06}"

    def _posted(self, id_: UUID, household: Household) -> Done:
        return Done(POSTED, {}, self.shop.accounts[household_account(household.number)].balance, id_)

    def _household(self, entry: SaleEntry) -> Household:
        found = self.households.get(entry.household)
        if found is None:
            raise BrokenContract([Fault("household", f"名册里没有户号 {entry.household}")])
        return found

    def _second(self, entry: SaleEntry | Ordered | Counted | WrittenOff) -> str | None:
        """Another person of the village who may act here, or nobody: a name alone vouches for nothing."""
        return entry.second if entry.second != entry.clerk and self.roles.get(entry.second or "") else None

    def _supervises(self, entry: Voided) -> bool:
        return bool(SUPERVISING & self.roles.get(entry.supervisor or "", frozenset()))

    def _card(self, entry: SaleEntry | Ordered) -> Card | None:
        return self.cards.get(bytes.fromhex(entry.card)) if entry.card is not None else None

    def _look_at_card(self, entry: SaleEntry, household: Household, number: str) -> None:
        """Goods are gone with a card that opens nothing: a person has to look. A good card was scanned."""
        card = self._card(entry)
        trouble = _trouble(entry, household, card)
        if trouble is None:
            self._scan(card)
            return
        figures = {"number": number, "why": CARD_WORDS[trouble.code.code]}
        self._case("card_unknown", entry.id, figures, household.number)

    def _scan(self, card: Card | None) -> None:
        """The first sale with a new card stops the older ones of its household."""
        if card is None or card.first_scanned_at is not None or card.state != ACTIVE:
            return
        self.cards[card.token_hash] = replace(card, first_scanned_at=self.shop.now)
        self.scanned.append(card.token_hash)
        for other in list(self.cards.values()):
            older = other.household_id == card.household_id and other.issued_at < card.issued_at
            if older and other.state == ACTIVE:
                self.cards[other.token_hash] = replace(other, state=REPLACED, ended_at=self.shop.now)

    def _put_aside(self, read: ReadEntry, why: str) -> Done:
        number = read.sent.number
        document = entry_document(self.shop.village, self.kiosk.kiosk_id, number)
        self._case("entry_quarantined", document, {"entry": number, "why": why})
        return Done(QUARANTINED)

    def _case(self, kind: str, document: UUID, figures: Mapping[str, str | int], household: str | None = None) -> None:
        told = {"kiosk": self.kiosk.kiosk_id, **figures} if "entry" in figures else dict(figures)
        self.shop.work.cases.append(NewCase(kind, document, told, household))


def _lines(entry: SaleEntry | Ordered) -> tuple[SaleLine, ...]:
    return tuple(SaleLine(line.barcode, line.quantity, line.price) for line in entry.lines)


def _trouble(entry: SaleEntry | Ordered, household: Household, card: Card | None) -> Refusal | None:
    """What is wrong with the card that was shown; without one, ``schemas.limits`` asks for a second person."""
    if entry.card is None:
        return None
    theirs = card is not None and card.household_id == household.household_id
    return card_trouble(True, card.state if card is not None and theirs else None)
