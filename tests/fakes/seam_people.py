"""What shopkeepers and villagers do before each screen of a seam history. They answer truthfully what they see."""

from __future__ import annotations

import random
from collections import Counter as Tally
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from kiosk.counter import book as books
from kiosk.counter.desk import (
    CountTogether,
    DayShown,
    NumberPad,
    OrderShown,
    Persons,
    PinPad,
    ProxyNumber,
    ProxyReasons,
    SalesList,
    Sealing,
    SlipDays,
    SlipHousehold,
    SlipPad,
    StockDonor,
    StockMenu,
    StockPad,
    StockReasons,
    StockSheet,
    VoidAsked,
    VoidReasons,
)
from kiosk.counter.events import Action
from kiosk.counter.paper_slips import days_offered
from kiosk.counter.persons import candidates
from kiosk.counter.stock import KINDS
from kiosk.counter.values import (
    AskHandOver,
    Cart,
    Confirm,
    Done,
    HouseholdShown,
    Idle,
    Printing,
    PrintUnknown,
    Refused,
    Waiting,
)
from schemas.reasons import COUNT_REASONS, PROXY_REASONS, WRITE_OFF_REASONS
from schemas.tokens import CodeKind, code_text
from tests.fakes.seam import DEADLINE_S, Counter
from tests.fakes.seam_ground import OPENING, PINS, SLIPS
from tests.fakes.seam_world import World
from tests.fakes.shop_scene import DISH, LAST, RICE, SOAP, SOY

GOODS = (SOAP, SOY, DISH, RICE, LAST)
POOR = "0011"


@dataclass
class People:
    """Whoever stands before the counters of ``world``."""

    world: World
    rng: random.Random
    did: Tally[str]
    mode: Callable[[], str]

    def serve(self, counter: Counter) -> None:
        """One thing before that screen."""
        rng, face = self.rng, counter.till.face
        self.did[type(face).__name__] += 1
        match face:
            case Idle():
                self._begin(counter)
            case HouseholdShown():
                self._at_household(counter, face)
            case Cart():
                counter.scan(rng.choice(GOODS)) if rng.random() < 0.3 else counter.tap(Action.REVIEW)
            case Confirm():
                [action] = rng.choices((Action.CONFIRM, Action.PROXY, Action.BACK), (82, 10, 8))
                counter.tap(action)
            case ProxyReasons():
                counter.tap(Action.REASON, rng.choice(list(PROXY_REASONS)))
            case ProxyNumber(cart, digits):
                self._proxy_comes(counter, cart.customer.household, digits)
            case Refused():
                ways = (Action.CASH, Action.SECOND, Action.BACK, Action.LEAVE)
                counter.tap(rng.choices(ways, (4, 3, 1, 3))[0])
            case Waiting() if rng.random() < 0.6:
                counter.talk(self.mode())
            case Waiting():
                self.world.scene.clock.advance(seconds=DEADLINE_S + 1)
                counter.act(lambda: None)
            case AskHandOver():
                self._hand_over(counter, face)
            case PrintUnknown(sale):
                self._look_for_paper(counter, sale.id)
            case Printing():
                counter.print_next(self.fate())
            case Done():
                counter.tap(Action.LEAVE)
            case _:
                self._at_side(counter)

    def _proxy_comes(self, counter: Counter, household: str, digits: str) -> None:
        """With their own card, with a number of some household, or with neither."""
        rng = self.rng
        match rng.random():
            case chance if chance < 0.3:
                counter.scan(code_text("merit:", CodeKind.CARD, rng.choice(list(self.world.scene.cards.values()))))
            case chance if chance < 0.7:
                for digit in "" if digits else rng.choice((household, "0012", "9999")):
                    counter.tap(Action.DIGIT, digit)
                counter.tap(Action.ENTER)
            case _:
                counter.tap(rng.choices((Action.SIGN, Action.LEAVE), (3, 1))[0])

    def fate(self) -> str:
        """How the next print ends."""
        return self.rng.choices(("printed", "unknown", "lost", "fault"), (6, 2, 1, 1))[0]

    def _begin(self, counter: Counter) -> None:
        rng = self.rng
        match rng.random():
            case dice if dice < 0.12:
                counter.tap(Action.VOID)
            case dice if dice < 0.18:
                counter.tap(Action.NO_CARD)
            case dice if dice < 0.22:
                counter.tap(Action.DAY)
            case dice if dice < 0.29:
                counter.tap(Action.STOCK)
            case dice if dice < 0.32:
                counter.tap(Action.CLERK)
            case dice if dice < 0.37:
                counter.tap(Action.SLIP)
            case _:
                cards = self.world.scene.cards
                tokens = [cards[POOR], *(token for _, token in sorted(cards.items())), *sorted(self.world.lost_cards)]
                token = cards[POOR] if rng.random() < 0.4 else rng.choice(tokens)
                counter.scan(code_text("merit:", CodeKind.CARD, token))

    def _at_household(self, counter: Counter, face: HouseholdShown) -> None:
        book = counter.till.book
        assert book is not None
        orders = books.open_orders(book, face.customer.household)
        match self.rng.random():
            case dice if dice < 0.1:
                counter.tap(Action.LEAVE)
            case dice if dice < 0.25:
                counter.tap(Action.ORDER_GOODS)
            case dice if dice < 0.55 and orders:
                counter.tap(Action.ORDER, str(self.rng.choice(orders).id))
            case dice if dice < 0.58:
                counter.tap(Action.BALANCE)
            case _:
                counter.scan(self.rng.choice(GOODS))

    def _hand_over(self, counter: Counter, face: AskHandOver) -> None:
        taken = face.barred is None and self.rng.random() < 0.67
        counter.tap(Action.HAND_OVER if taken else Action.CALL_OFF)

    def _look_for_paper(self, counter: Counter, sale: UUID) -> None:
        if counter.seen_on_paper(sale):
            counter.tap(Action.PAPER_OUT)
        else:
            counter.tap(self.rng.choice((Action.REPRINT, Action.REPRINT, Action.NO_PAPER)))

    def _at_side(self, counter: Counter) -> None:
        rng, face = self.rng, counter.till.face
        match face:
            case SlipPad() | SlipHousehold() | SlipDays():
                self._at_slip(counter, face)
            case Persons(CountTogether()) if rng.random() < 0.3:
                counter.tap(Action.FILE)
            case Persons(errand) if people := candidates(counter.till, errand):
                counter.tap(Action.PERSON, rng.choice(people).login)
            case PinPad(checking=True):
                counter.run_errand()
            case PinPad(_, login, digits):
                right = PINS.get(login, "") if rng.random() < 0.9 else "0001"
                counter.type(right) if not digits else counter.tap(Action.LEAVE)
            case NumberPad(digits):
                counter.type(rng.choice(("7", "11", "0012", "99"))) if not digits else counter.tap(Action.LEAVE)
            case SalesList(sales) if sales:
                counter.tap(Action.SALE, str(rng.choice(sales).id))
            case VoidReasons():
                counter.tap(Action.REASON, "not_wanted")
            case VoidAsked(supervisor=allowed):
                ways = (Action.VOID, Action.LEAVE if allowed else Action.SUPERVISOR)
                counter.tap(rng.choices(ways, (3, 1))[0])
            case DayShown(sum=known) if known is not None:
                counter.tap(Action.CLOSE_DAY)
            case Sealing():
                counter.run_errand()
            case OrderShown():
                counter.tap(rng.choices((Action.COLLECT, Action.CANCEL, Action.LEAVE), (5, 2, 3))[0])
            case StockMenu() | StockSheet() | StockPad() | StockReasons() | StockDonor():
                self._at_stock(counter, face)
            case _:
                counter.tap(Action.LEAVE)

    def _at_slip(self, counter: Counter, face: SlipPad | SlipHousehold | SlipDays) -> None:
        rng, book = self.rng, counter.till.book
        match face:
            case SlipDays() if book is not None:
                counter.tap(Action.ON_DAY, rng.choice(days_offered(counter.till, book)[:3]).isoformat())
            case SlipPad(""):
                counter.type(str(rng.choice([*SLIPS, 77_777])))
            case SlipHousehold(_, ""):
                counter.type(rng.choice(sorted(OPENING)))
            case _:
                counter.tap(Action.LEAVE)

    def _at_stock(self, counter: Counter, face: StockMenu | StockSheet | StockPad | StockReasons | StockDonor) -> None:
        rng = self.rng
        match face:
            case StockMenu():
                counter.tap(Action.SHEET, rng.choice(KINDS))
            case StockSheet(stock):
                done = stock.lines and rng.random() < 0.6
                counter.tap(Action.FILE) if done else counter.tap(Action.GOODS, rng.choice(GOODS))
            case StockDonor():
                counter.tap(Action.FILE)
            case StockPad(asks="until"):
                counter.tap(Action.NO_DATE)
            case StockPad(digits=""):
                counter.type(rng.choice(("0", "1", "3", "12")))
            case StockPad():
                counter.tap(Action.BACK)
            case StockReasons(stock):
                reasons = COUNT_REASONS if stock.kind == "counted" else WRITE_OFF_REASONS
                counter.tap(Action.REASON, rng.choice(list(reasons)))
