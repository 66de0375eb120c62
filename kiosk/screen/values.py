"""What a page of the touch screen says: frozen values with every word ready. One view a face, in a closed union."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from kiosk.counter.events import Action

Tone: TypeAlias = Literal["plain", "warn", "stop", "gain"]


@dataclass(frozen=True, slots=True)
class ScreenSettings:
    """``demo``: the banner says that nothing counts. ``loopback_only``: no other machine may open the screen. ``sounds``: beeps are heard.
    ``night_from`` and ``night_until`` are hours of the village's day between which the screen is dark; equal hours are never."""

    demo: bool = False
    loopback_only: bool = True
    sounds: bool = True
    night_from: int = 0
    night_until: int = 0


# ── parts ───────────────────────────────────────────────────────────────────────────────────────────────────────────


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
class Top:
    """The line on top: whose shop and who serves, or the household in hand; the time (empty while the clock is not trusted)."""

    place: str
    clerk: str
    number: str
    who: str
    held: str
    time: str
    line: str
    online: bool


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


# ── one view a face ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class EnrolView:
    """How this machine gets its number."""

    template: ClassVar[str] = "enrol.html"
    heading: str
    steps: tuple[str, ...]
    command: str


@dataclass(frozen=True, slots=True)
class NoSnapshotView:
    """Nothing to sell from yet."""

    template: ClassVar[str] = "no_snapshot.html"
    heading: str
    say: str


@dataclass(frozen=True, slots=True)
class IdleView:
    """Waiting for a card. ``told`` is what was wrong with the last scan, with what to do; ``serves`` False: nothing is sold here."""

    template: ClassVar[str] = "idle.html"
    heading: str
    say: str
    told: Words | None
    serves: bool = True
    no_card: Button | None = None
    work: tuple[Button, ...] = ()
    speak: Button | None = None


@dataclass(frozen=True, slots=True)
class HouseholdView:
    """A household's figures, for both people at the counter to read. ``told``: why nothing can be had now, with no ``choose``."""

    template: ClassVar[str] = "household.html"
    heading: str
    village: str
    number: str
    group: str
    balance: Figure
    rows: tuple[Figure, ...]
    told: Words | None
    leave: Button
    choose: Button | None
    papers: tuple[Button, ...] = ()
    more: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class CartView:
    """Choosing: twelve tiles are sent, the small screen shows the first eight of them."""

    template: ClassVar[str] = "cart.html"
    heading: str
    tiles: tuple[Tile, ...]
    lines: tuple[CartLineView, ...]
    hint: str
    sums: tuple[Figure, ...]
    pagers: tuple[Pager, ...]
    leave: Button
    review: Button


@dataclass(frozen=True, slots=True)
class ConfirmView:
    """The one question before points move."""

    template: ClassVar[str] = "confirm.html"
    heading: str
    lines: tuple[Line, ...]
    sums: tuple[Figure, ...]
    back: Button
    empty: Button
    confirm: Button
    says: tuple[str, ...] = ()
    proxy: Button | None = None
    speak: Button | None = None


@dataclass(frozen=True, slots=True)
class SavingView:
    """The machine is writing."""

    template: ClassVar[str] = "saving.html"
    heading: str
    say: str


@dataclass(frozen=True, slots=True)
class WaitingView:
    """The ledger has not answered yet."""

    template: ClassVar[str] = "waiting.html"
    heading: str
    say: str
    number: str


@dataclass(frozen=True, slots=True)
class HandOverView:
    """No answer came: two equal buttons, or one with the reason."""

    template: ClassVar[str] = "hand_over.html"
    heading: str
    say: tuple[str, ...]
    answers: tuple[Button, ...]
    hint: str
    number: str


@dataclass(frozen=True, slots=True)
class PrintingView:
    """The receipt is with the printer."""

    template: ClassVar[str] = "printing.html"
    heading: str
    say: tuple[str, ...]
    number: str


@dataclass(frozen=True, slots=True)
class PaperView:
    """Did the paper come out? Two equal buttons, as neither answer is the usual one."""

    template: ClassVar[str] = "paper.html"
    heading: str
    say: tuple[str, ...]
    answers: tuple[Button, Button]
    hint: str
    number: str
    give_up: Button


@dataclass(frozen=True, slots=True)
class DoneView:
    """It is done; the screen puts itself away."""

    template: ClassVar[str] = "done.html"
    heading: str
    say: tuple[str, ...]
    after: Figure
    hint: str
    leave: Button


@dataclass(frozen=True, slots=True)
class RefusedView:
    """A calm no: what is missing, that nothing was taken, the shortest way out."""

    template: ClassVar[str] = "refused.html"
    heading: str
    say: tuple[str, ...]
    lines: tuple[RefusedLine, ...]
    empty: Button
    back: Button
    ways: tuple[Button, ...] = ()
    speak: Button | None = None


@dataclass(frozen=True, slots=True)
class PadView:
    """Our own pad. ``cells`` are what was typed (a PIN as dots), ``slots`` how many fit; ``aside`` is a key beside it: the point of money,
    or a way on without typing."""

    template: ClassVar[str] = "pad.html"
    heading: str
    say: tuple[str, ...]
    cells: tuple[str, ...]
    slots: int
    status: str
    bar: Words | None
    keys: tuple[Button, ...]
    leave: Button
    aside: Button | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several: what it is, what more is known of it, how much."""

    title: str
    detail: str
    amount: str
    button: Button


@dataclass(frozen=True, slots=True)
class PickView:
    """One of several is chosen, or ``other``: none of them. ``rows``: long ones, one below the other; else two side by side."""

    template: ClassVar[str] = "pick.html"
    heading: str
    say: tuple[str, ...]
    choices: tuple[Choice, ...]
    leave: Button
    rows: bool = False
    newer: Button | None = None
    older: Button | None = None
    other: Button | None = None


@dataclass(frozen=True, slots=True)
class AskView:
    """A question about goods and points other than a sale; ``confirm`` None: what it takes stands in ``say`` and ``others``."""

    template: ClassVar[str] = "ask.html"
    heading: str
    say: tuple[str, ...]
    lines: tuple[Line, ...]
    sums: tuple[Figure, ...]
    leave: Button
    others: tuple[Button, ...]
    confirm: Button | None


@dataclass(frozen=True, slots=True)
class DayView:
    """今天的账."""

    template: ClassVar[str] = "day.html"
    heading: str
    sums: tuple[Figure, ...]
    told: Words
    leave: Button
    close: Button


@dataclass(frozen=True, slots=True)
class SheetLine:
    """Goods on a stock paper: "酱油", "账上 37 瓶，点到 36 瓶", and the way to take them off it."""

    name: str
    words: str
    change: Button
    remove: Button


@dataclass(frozen=True, slots=True)
class SheetView:
    """A stock paper as far as it is filled."""

    template: ClassVar[str] = "sheet.html"
    heading: str
    say: str
    lines: tuple[SheetLine, ...]
    leave: Button
    pick: Button
    file: Button


FaceView: TypeAlias = (
    EnrolView | NoSnapshotView | IdleView | HouseholdView | CartView | ConfirmView | SavingView | WaitingView | HandOverView
    | PrintingView | PaperView | DoneView | RefusedView | PadView | PickView | AskView | DayView | SheetView
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Page:
    """All that is on the screen. ``version`` goes with every tap; ``told`` is said above the face."""

    version: int
    title: str
    night: bool
    top: Top
    bars: tuple[Words, ...]
    told: Words | None
    face: FaceView
    demo: str = ""
