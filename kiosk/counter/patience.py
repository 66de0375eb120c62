"""Time that passes at a face: what is left standing is put away, what is under way never is."""

from __future__ import annotations

from dataclasses import replace

from kiosk.counter import resting
from kiosk.counter.deals import PaperSlip
from kiosk.counter.desk import (
    CountTogether,
    Filing,
    Persons,
    PinPad,
    Sealing,
    SlipDays,
    SlipHousehold,
    SlipPad,
    StockDonor,
    StockGoods,
    StockPad,
    StockReasons,
    StockSheet,
)
from kiosk.counter.events import Moment
from kiosk.counter.values import (
    AskHandOver,
    Cart,
    Confirm,
    Done,
    Idle,
    NoSnapshot,
    Note,
    NotEnrolled,
    Printing,
    PrintUnknown,
    Saving,
    Till,
    Waiting,
)

COUNTING = 10  # goods are counted at the shelf, slips read from paper: they wait longer than a customer's figures


def ticked(till: Till, moment: Moment) -> Till:
    """The till a moment later."""
    still_ms = moment.monotonic_ms - till.touched_ms
    match till.face:
        case Saving() | Filing() | Sealing() | Waiting() | AskHandOver() | Printing() | PrintUnknown():
            return till  # what is under way is never put away
        case Done() if still_ms >= till.done_ms:
            return resting.rest(till)
        case Idle() if till.notice is not None and still_ms >= till.idle_ms + till.done_ms:
            return replace(till, notice=None)
        case Idle() | Done() | NotEnrolled() | NoSnapshot():
            return till
        case StockDonor() | Persons(CountTogether()) | PinPad(CountTogether()) if still_ms < COUNTING * till.idle_ms:
            return till
        case StockSheet() | StockGoods() | StockPad() | StockReasons() if still_ms < COUNTING * till.idle_ms:
            return till
        case SlipPad() | SlipHousehold() | SlipDays() if still_ms < COUNTING * till.idle_ms:
            return till
        case Cart(slip=PaperSlip()) | Confirm(Cart(slip=PaperSlip())) if still_ms < COUNTING * till.idle_ms:
            return till
        case _ if still_ms >= till.idle_ms:
            return replace(resting.rest(till), notice=Note.CLEARED)
        case _:
            return till
