"""Any sequence of events and power cuts: what is always true of the till."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kiosk.counter.book import SoldHere
from kiosk.counter.deals import DaySum, SealSeen, Voiding
from kiosk.counter.effects import (
    AskedDraft,
    CalledOffDraft,
    CollectedDraft,
    FiledDraft,
    GiveUpPaper,
    HandedOverDraft,
    OrderCancelledDraft,
    PrintedDraft,
    PrintReceipt,
    SlipDraft,
    WriteEntries,
    kept_of,
)
from kiosk.counter.events import (
    Action,
    Answered,
    DayAddedUp,
    Enrolled,
    Event,
    LineChanged,
    NoAnswer,
    Paper,
    PinChecked,
    Rebooted,
    SalesFound,
    Scanned,
    SealCame,
    SnapshotCame,
    Tap,
    Tick,
)
from kiosk.counter.orders import collected_here
from kiosk.counter.values import Confirm, Line, LineStatus, OpenPaper, OpenSale, Pending, Printing, Sale, Till, Waiting
from schemas.entries import DayFigures
from schemas.kiosk_api import EntryOutcome, Snapshot, SnapshotClerk, SnapshotOrder, SnapshotOrderLine
from schemas.tokens import CodeKind, NotOurs, code_text, read_code
from tests.fakes.fake_ledger import OIL, RICE, SOAP, SOY, a_snapshot, card_token
from tests.fakes.till_alone import NOON, TillAlone

ORDERED = UUID(int=4_000_000)
REASONS = ["wrong_goods", "broken", "away", "counted", "bought", "liang", str(ORDERED), "7", "2026-11-17"]


def any_snapshot(seq: int = 100) -> Snapshot:
    """A village that allows everything, with a supervisor and an open order of 0007."""
    limits = {
        "offline_household_day": 9_000,
        "offline_kiosk_total": 9_000,
        "order_days": 5,
        "no_card": 9_000,
        "proxy": 9,
    }
    snapshot = a_snapshot(seq, taken_at=NOON, balance=10_000, **limits)
    liang = SnapshotClerk(login="liang", name="梁国强", supervises=True, pin_hash="$argon2id$")
    line = SnapshotOrderLine(barcode=SOAP, name="香皂", unit="件", quantity=1, price=5)
    order = SnapshotOrder(id=ORDERED, number="1-000001", household="0007", lines=[line], total=5, until=NOON.date())
    return snapshot.model_copy(update={"clerks": [*snapshot.clerks, liang], "orders": [order]})


class AnyDay(RuleBasedStateMachine):
    """Scans, taps on any version, answers early, late, twice or for somebody else, paper, line, restarts of the line: in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.c = TillAlone(any_snapshot())
        self.confirms = 0
        self.answered: set[UUID] = set()
        self.posted: set[UUID] = set()
        self.seen_versions = [self.c.till.version]

    def feed(self, event: Event) -> None:
        before = self.c.till
        self.c.feed(event)
        assert self.c.till.version >= before.version
        assert before.version == self.c.till.version or before != self.c.till
        self.seen_versions.append(self.c.till.version)

    @rule(household=st.sampled_from([7, 8, 9, 10]), extra=st.integers(0, 3))
    def card(self, household: int, extra: int) -> None:
        self.feed(Scanned(read_code(code_text("merit:", CodeKind.CARD, card_token(household, extra)))))

    @rule(barcode=st.sampled_from([SOAP, SOY, RICE, OIL, "2000000000992"]))
    def goods(self, barcode: str) -> None:
        self.feed(Scanned(read_code(barcode)))

    @rule(code=st.sampled_from(list(NotOurs)))
    def rubbish(self, code: NotOurs) -> None:
        self.feed(Scanned(code))

    @rule(
        action=st.sampled_from(list(Action)), arg=st.sampled_from(["", SOAP, "8", "x", *REASONS]), age=st.integers(0, 3)
    )
    def tap(self, action: Action, arg: str, age: int) -> None:
        version = self.seen_versions[-min(1 + age, len(self.seen_versions))]
        fresh = self.c.till.face_since <= version and isinstance(self.c.till.face, Confirm)
        self.confirms += fresh and action is Action.CONFIRM
        self.feed(Tap(version, action, arg))

    @rule()
    def sell(self) -> None:
        """The usual way, so that long runs sell something."""
        for event in (
            Scanned(read_code(code_text("merit:", CodeKind.CARD, card_token(7)))),
            Scanned(read_code(SOAP)),
            Action.REVIEW,
            Action.CONFIRM,
        ):
            if isinstance(event, Action):
                self.tap(event, "", 0)
            else:
                self.feed(event)

    @rule(then=st.sampled_from([(Action.CONFIRM,), (Action.BACK, Action.EMPTY)]))
    def proxy(self, then: tuple[Action, ...]) -> None:
        """别人代领, up to the entry or thought better of."""
        self.card(7, 0)
        self.goods(SOAP)
        asked = ((Action.REVIEW, ""), (Action.PROXY, ""), (Action.REASON, "away"), (Action.SIGN, ""))
        for action, arg in (*asked, *((action, "") for action in then)):
            self.tap(action, arg, 0)

    @rule()
    def void(self) -> None:
        """退一笔, as far as it goes: the list is what the journal would say."""
        off = {d.sale for d in self.c.kept if isinstance(d, CalledOffDraft)}
        handed = {d.sale.id for d in self.c.kept if isinstance(d, HandedOverDraft)}
        kept = [d.sale for d in self.c.kept if isinstance(d, AskedDraft | CollectedDraft | SlipDraft)]
        facts = [s for s in kept if s.ordered or s.slip]
        hold = [s for s in kept if s.id not in off | self.voided() and (s in facts or s.id in handed | self.posted)]
        self.tap(Action.VOID, "", 0)
        self.feed(SalesFound(tuple(hold)))
        if hold:
            for action, arg in ((Action.SALE, str(hold[0].id)), (Action.REASON, "wrong_goods"), (Action.VOID, "")):
                self.tap(action, arg, 0)

    @rule(seal=st.booleans())
    def close_the_day(self, seal: bool) -> None:
        """日结, with a seal or without one."""
        self.tap(Action.DAY, "", 0)
        self.feed(DayAddedUp(DaySum(NOON.date(), None, None, DayFigures(sales=0, points=0))))
        self.tap(Action.CLOSE_DAY, "", 0)
        self.feed(SealCame(SealSeen(1, NOON, "x", ("a", "b", "c", "d"), 0) if seal else None))

    @rule(ok=st.booleans())
    def pin(self, ok: bool) -> None:
        """A clerk's PIN was checked, whether anybody waits for it or not."""
        self.feed(PinChecked("liang", ok))

    @rule()
    def collect(self) -> None:
        """The ordered goods, if the list still has them."""
        self.feed(Scanned(read_code(code_text("merit:", CodeKind.CARD, card_token(7)))))
        for action, arg in ((Action.ORDER, str(ORDERED)), (Action.COLLECT, "")):
            self.tap(action, arg, 0)

    @rule(number=st.sampled_from("12"), card=st.booleans(), to_the_end=st.booleans())
    def paper_slip(self, number: str, card: bool, to_the_end: bool) -> None:
        """A slip is entered, by its household's number or card, as far as the till lets it; now and then with its paper."""
        self.tap(Action.LEAVE, "", 0)
        for action, arg in ((Action.SLIP, ""), (Action.DIGIT, number), (Action.ENTER, "")):
            self.tap(action, arg, 0)
        if card:
            self.feed(Scanned(read_code(code_text("merit:", CodeKind.CARD, card_token(7)))))
        else:
            self.tap(Action.DIGIT, "7", 0)
            self.tap(Action.ENTER, "", 0)
        for action, arg in (
            (Action.ON_DAY, "2026-11-17"), (Action.ADD, RICE), (Action.ADD, RICE), (Action.REVIEW, ""), (Action.CONFIRM, "")
        ):  # fmt: skip
            self.tap(action, arg, 0)
        if to_the_end and isinstance(self.c.till.face, Waiting):
            self.feed(NoAnswer(self.c.till.face.sale.id))
        if to_the_end and isinstance(self.c.till.face, Printing):
            self.c.paper(Paper.PRINTED)

    def voided(self) -> set[UUID]:
        """Sales that were voided."""
        papers = [d.filed.what for d in self.c.kept if isinstance(d, FiledDraft)]
        return {paper.sale.id for paper in papers if isinstance(paper, Voiding)}

    @rule(status=st.sampled_from(list(LineStatus)), unsent=st.integers(0, 3))
    def line(self, status: LineStatus, unsent: int) -> None:
        self.feed(LineChanged(Line(status, unsent)))

    @rule(
        outcome=st.sampled_from(["posted", "quarantined", "not_enough_points", "recorded", "who knows"]),
        mine=st.booleans(),
    )
    def answer(self, outcome: str, mine: bool) -> None:
        sale = getattr(self.c.till.face, "sale", None)
        id_ = sale.id if sale is not None and mine else UUID(int=7)
        if outcome != "quarantined":
            self.posted |= {id_} if outcome == "posted" and id_ not in self.answered else set()
            self.answered.add(id_)
        self.feed(Answered((EntryOutcome(number=1, id=id_, outcome=outcome, balance=5, seq=101),)))

    @rule(mine=st.booleans())
    def silence(self, mine: bool) -> None:
        sale = getattr(self.c.till.face, "sale", None)
        self.feed(NoAnswer(sale.id if sale is not None and mine else UUID(int=7)))

    @rule(state=st.sampled_from(list(Paper)))
    @precondition(lambda self: isinstance(self.c.till.face, Printing))
    def paper(self, state: Paper) -> None:
        self.c.paper(state)

    @rule(seq=st.integers(100, 105))
    def snapshot(self, seq: int) -> None:
        self.feed(SnapshotCame(any_snapshot(seq)))

    @rule(ms=st.integers(0, 70_000))
    def time(self, ms: int) -> None:
        self.c.ms += ms
        self.feed(Tick())

    @rule(had_its_turn=st.booleans())
    def power_cut(self, had_its_turn: bool) -> None:
        """The till forgets; the journal does not. It knows nothing of a copy that still waited for the printer."""
        if isinstance(self.c.till.face, Printing) and not had_its_turn:
            waited = self.c.till.face.sale.id, self.c.till.face.copy
            self.c.done = [e for e in self.c.done if not isinstance(e, PrintReceipt) or (e.sale.id, e.copy) != waited]
        queued = [(e.sale.id, e.copy) for e in self.c.done if isinstance(e, PrintReceipt)]
        seen = {d.sale for d in self.c.kept if isinstance(d, PrintedDraft) and d.state is Paper.PRINTED}
        seen |= {e.sale for e in self.c.done if isinstance(e, GiveUpPaper)}
        handed = {d.sale.id for d in self.c.kept if isinstance(d, HandedOverDraft)}
        off = {d.sale for d in self.c.kept if isinstance(d, CalledOffDraft)}
        pending: list[Pending] = []
        for sale in [d.sale for d in self.c.kept if isinstance(d, AskedDraft) and d.sale.id not in off]:
            if sale.id in handed | self.posted and sale.id not in seen:
                copy = max((copy for other, copy in queued if other == sale.id), default=-1)
                offline = sale.id in handed
                pending.append(OpenPaper(replace(sale, offline=offline, after=None if offline else 5), copy))
            elif sale.id not in handed | self.answered:
                pending.append(OpenSale(sale))
        facts = [d for d in self.c.kept if isinstance(d, CollectedDraft | SlipDraft | FiledDraft)]
        for deal in [kept for d in facts if (kept := kept_of(d))]:
            if deal.id not in seen:
                pending.append(OpenPaper(deal, max((copy for other, copy in queued if other == deal.id), default=-1)))
        collected = [collected_here(d.sale) for d in self.c.kept if isinstance(d, CollectedDraft)]
        cancelled = [
            SoldHere(d.id, "", 0, (), NOON.date(), fact=True, ordered=d.ordered)
            for d in self.c.kept
            if isinstance(d, OrderCancelledDraft)
        ]
        self.c.till = Till(version=self.c.till.version + 1, face_since=self.c.till.version + 1)
        for event in (
            Enrolled(1),
            SnapshotCame(any_snapshot()),
            Rebooted(tuple(pending), (*collected, *cancelled), slips=frozenset(self.slips())),
        ):
            self.feed(event)

    @rule(writes=st.booleans())
    def disk(self, writes: bool) -> None:
        self.c.writes = writes

    @invariant()
    def one_asked_a_confirm(self) -> None:
        tried = [
            d.sale.id for e in self.c.done if isinstance(e, WriteEntries) for d in e.drafts if isinstance(d, AskedDraft)
        ]
        assert len(tried) == len(set(tried)) <= self.confirms

    @invariant()
    def a_sale_ends_at_most_once_and_never_without_asked(self) -> None:
        asked = [draft.sale.id for draft in self.c.kept if isinstance(draft, AskedDraft)]
        handed = [draft.sale.id for draft in self.c.kept if isinstance(draft, HandedOverDraft)]
        ends = handed + [draft.sale for draft in self.c.kept if isinstance(draft, CalledOffDraft)]
        assert len(ends) == len(set(ends))
        assert set(ends) <= set(asked)

    @invariant()
    def no_kept_sale_is_lost(self) -> None:
        """Every sale that the journal holds is answered, ended, or still in hand."""
        asked = {draft.sale.id for draft in self.c.kept if isinstance(draft, AskedDraft)}
        ended = {draft.sale.id for draft in self.c.kept if isinstance(draft, HandedOverDraft)}
        ended |= {draft.sale for draft in self.c.kept if isinstance(draft, CalledOffDraft)}
        sale = getattr(self.c.till.face, "sale", None)
        in_hand = {sale.id} if sale is not None else set()
        in_hand |= {pending.sale.id for pending in self.c.till.pending}
        assert asked - ended - self.answered <= in_hand

    @invariant()
    def no_copy_is_printed_twice_and_only_the_first_is_unmarked(self) -> None:
        copies = [(effect.sale.id, effect.copy) for effect in self.c.done if isinstance(effect, PrintReceipt)]
        assert len(copies) == len(set(copies))
        for sale in {sale for sale, _ in copies}:
            numbers = [copy for other, copy in copies if other == sale]
            assert numbers == list(range(len(numbers)))

    @invariant()
    def nothing_is_printed_that_neither_was_answered_nor_handed_over(self) -> None:
        handed = {draft.sale.id for draft in self.c.kept if isinstance(draft, HandedOverDraft)}
        for effect in self.c.done:
            if (
                not isinstance(effect, PrintReceipt)
                or not isinstance(effect.sale, Sale)
                or effect.sale.slip is not None
            ):
                continue
            if effect.sale.ordered is None:
                assert effect.sale.offline == (effect.sale.id in handed) or effect.sale.after is not None

    @invariant()
    def a_sale_is_voided_and_an_order_collected_at_most_once(self) -> None:
        papers = [d.filed.what for d in self.c.kept if isinstance(d, FiledDraft)]
        voided = [paper.sale.id for paper in papers if isinstance(paper, Voiding)]
        assert len(voided) == len(set(voided))
        orders = [d.sale.ordered for d in self.c.kept if isinstance(d, CollectedDraft)]
        orders += [d.ordered for d in self.c.kept if isinstance(d, OrderCancelledDraft)]
        assert len(orders) == len(set(orders))

    @invariant()
    def a_paper_slip_is_entered_at_most_once(self) -> None:
        entered = self.slips()
        assert len(entered) == len(set(entered))
        assert set(entered) == self.c.till.slips

    def slips(self) -> list[int]:
        """The numbers of the slips that the journal holds."""
        return [d.sale.slip.number for d in self.c.kept if isinstance(d, SlipDraft) and d.sale.slip]

    @invariant()
    def every_other_paper_is_of_something_that_was_written(self) -> None:
        kept = {deal.id for d in self.c.kept if (deal := kept_of(d)) is not None}
        assert {e.sale.id for e in self.c.done if isinstance(e, PrintReceipt)} <= kept

    @invariant()
    def points_that_left_are_counted(self) -> None:
        book = self.c.till.book
        assert book is not None
        assert len({sold.sale for sold in book.sold}) == len(book.sold)


AnyDay.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestAnyDay = AnyDay.TestCase
