"""What the faces are made of: frozen values with every word ready."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from kiosk.counter.events import Action

Tone: TypeAlias = Literal["plain", "warn", "stop", "gain"]


@dataclass(frozen=True, slots=True)
class Button:
    """What will happen, and the tap that makes it happen. ``spoken`` replaces a label that is only a sign."""

    label: str
    action: Action
    arg: str = ""
    spoken: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """A fact, then the next step."""

    fact: str
    next_step: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a reckoning: ``number`` in the village's unit, ``after`` the unit and what else is said."""

    label: str
    number: str
    after: str = "分"
    last: bool = False
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Tile:
    """Goods on the price list: ``held`` is what the cart has of it ("1 瓶", empty for none)."""

    picture: str
    name: str
    price: str
    held: str
    sold_out: bool
    add: Button


@dataclass(frozen=True, slots=True)
class Line:
    """Goods in hand: "酱油", "1 瓶", "5 分"."""

    name: str
    quantity: str
    amount: str


@dataclass(frozen=True, slots=True)
class CartLineView:
    """A line that can be changed. The last one is taken away by 去掉, never by a minus."""

    line: Line
    fewer: Button
    more: Button


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line with what is left to pay without it; None where fewer goods are no way out."""

    line: Line
    remove: Button | None


@dataclass(frozen=True, slots=True)
class Pager:
    """The way through the price list for one size of screen; None where there is nothing more."""

    size: Literal["8", "12"]
    back: Button | None
    on: Button | None


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several: what it is, what more is known of it, how much."""

    title: str
    detail: str
    amount: str
    button: Button


@dataclass(frozen=True, slots=True)
class SheetLine:
    """Goods on a stock paper: "酱油", "账上 37 瓶，点到 36 瓶", and the way to take them off it."""

    name: str
    words: str
    change: Button
    remove: Button
