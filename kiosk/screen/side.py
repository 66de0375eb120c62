"""The counter's other faces: which view shows which. Pure."""

from __future__ import annotations

from kiosk.counter.book import CounterBook
from kiosk.counter.desk import (
    DayShown,
    Filing,
    NumberPad,
    OrderShown,
    Persons,
    PinPad,
    ProxyNumber,
    ProxyReasons,
    SalesList,
    Sealing,
    SideFace,
    SlipDays,
    SlipHousehold,
    SlipPad,
    StockDonor,
    StockGoods,
    StockMenu,
    StockPad,
    StockReasons,
    StockSheet,
    StockShort,
    VoidAsked,
    VoidReasons,
)
from kiosk.counter.values import Till
from kiosk.screen.asking import number_view, order_view, persons_view, pin_view, proxy_number_view, proxy_view
from kiosk.screen.faces import FaceView, SavingView
from kiosk.screen.selling import filing_view
from kiosk.screen.slip_entry import slip_days_view, slip_household_view, slip_number_view
from kiosk.screen.speech import Speech
from kiosk.screen.stocking import day_view, goods_view, menu_view, sheet_view, short_view
from kiosk.screen.tallying import donor_view, pad_view, why_view
from kiosk.screen.voiding import reasons_view, sales_view, void_view


def side_view(till: Till, face: SideFace, book: CounterBook, speech: Speech) -> FaceView:
    """What that face says."""
    match face:
        case SalesList() | VoidReasons() | VoidAsked():
            return _void(till, face, speech)
        case StockMenu() | StockShort() | StockSheet() | StockGoods() | StockPad() | StockReasons() | StockDonor():
            return _stock(till, face, book)
        case SlipPad():
            return slip_number_view(face)
        case SlipHousehold():
            return slip_household_view(face)
        case SlipDays():
            return slip_days_view(till, face, book)
        case Filing() | Sealing():
            return filing_view(face)
        case DayShown(None):
            return SavingView("正在算今天的账", "等着就行。")
        case DayShown(added) if added is not None:
            return day_view(till, added, speech)
        case _:
            return _person(till, face, speech)


def _void(till: Till, face: SalesList | VoidReasons | VoidAsked, speech: Speech) -> FaceView:
    match face:
        case SalesList():
            return sales_view(till, face, speech)
        case VoidReasons():
            return reasons_view(face)
        case VoidAsked():
            return void_view(till, face, speech)


def _stock(
    till: Till,
    face: StockMenu | StockShort | StockSheet | StockGoods | StockPad | StockReasons | StockDonor,
    book: CounterBook,
) -> FaceView:
    match face:
        case StockMenu():
            return menu_view(till)
        case StockShort():
            return short_view(till, face, book)
        case StockSheet():
            return sheet_view(face)
        case StockGoods():
            return goods_view(face, book)
        case StockPad():
            return pad_view(till, face, book)
        case StockReasons():
            return why_view(face)
        case StockDonor():
            return donor_view(book)


def _person(till: Till, face: SideFace, speech: Speech) -> FaceView:
    match face:
        case NumberPad():
            return number_view(till, face, speech)
        case PinPad():
            return pin_view(till, face)
        case Persons():
            return persons_view(till, face)
        case ProxyReasons():
            return proxy_view()
        case ProxyNumber():
            return proxy_number_view(face)
        case OrderShown():
            return order_view(face, speech)
        case _:
            raise AssertionError("a face without a view")
