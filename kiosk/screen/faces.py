"""What a face of the touch screen says: one frozen view a face, in a closed union, every word ready."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from kiosk.screen.parts import Button, CartLineView, Choice, Figure, Line, Pager, RefusedLine, SheetLine, Tile, Words


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
