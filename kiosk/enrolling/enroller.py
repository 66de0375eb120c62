"""What the screen of a machine without a village shows and does: it waits for a code, asks the ledger once, and shows the 8 digits."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from kiosk.devices.ports import Scan, ScanEvent, ScanUnreadable
from kiosk.enrolling.making import LONGEST_CODE, read_code
from kiosk.journal.faults import JournalFault
from kiosk.uplink.client import Declined, NoAnswerCame
from kiosk.uplink.identity import Identity

log = logging.getLogger("kiosk.enrolling")

NO_CODE = "这不是装机码。装机码在村里电脑的柜台机那一页要"
NOT_WHOLE = "装机码没按全，或按错了。对着村里的电脑再看一遍"
NO_ANSWER = "连不上村里的账。看看网线，和装机时写的账本地址；好了再扫一次"
NOT_WRITTEN = "这台机写不进去。打镇里电话"


@dataclass(frozen=True, slots=True)
class Enrolling:
    """``asking`` for a code, ``waiting`` for the ledger, ``enrolled`` with the digits to compare, ``beginning`` the day's work.

    ``turn`` goes up with every change. ``told`` is what went wrong last; ``copies`` is what to know of other kiosks' copies on the stick.
    """

    step: Literal["asking", "waiting", "enrolled", "beginning"] = "asking"
    typed: str = ""
    told: str = ""
    identity: Identity | None = None
    copies: tuple[str, ...] = ()
    turn: int = 0


class Enroller:
    """Safe from any thread. ``make`` turns a code into an identity (``making.make_kiosk``); ``begin`` is called once, when the digits
    agree, to start anew as that kiosk; ``copies`` says what else is on the stick."""

    def __init__(
        self,
        make: Callable[[str], Identity],
        copies: Callable[[Identity], tuple[str, ...]],
        begin: Callable[[], None],
    ) -> None:
        self._make = make
        self._copies = copies
        self._begin = begin
        self._lock = threading.Lock()
        self._now = Enrolling()

    @property
    def now(self) -> Enrolling:
        """What to show."""
        with self._lock:
            return self._now

    def heard(self, event: ScanEvent) -> None:
        """What the scanner's thread heard."""
        match event:
            case Scan(text):
                self.submit(text, NO_CODE)
            case ScanUnreadable():
                self._change("asking", told=NO_CODE)
            case _:
                pass

    def type(self, text: str) -> None:
        """What stands in the field now."""
        self._change("asking", typed=text[:LONGEST_CODE], told="")

    def submit(self, text: str, else_say: str = NOT_WHOLE) -> None:
        """Ask the ledger with that code, once; comes back at once. Nothing while it asks already, or when it is enrolled."""
        code = read_code(text)
        if code is None:
            self._change("asking", told=else_say)
        elif self._change("asking", step="waiting", told="", typed=""):
            threading.Thread(target=self._ask, args=(code,), name="enrolling", daemon=True).start()

    def begin(self) -> None:
        """对上了，开始用."""
        if self._change("enrolled", step="beginning"):
            self._begin()

    def _ask(self, code: str) -> None:
        try:
            identity = self._make(code)
        except Declined as no:
            self._change("waiting", step="asking", told=no.words)
        except NoAnswerCame as silence:
            log.warning("no answer to an enrolment: %s", silence)
            self._change("waiting", step="asking", told=NO_ANSWER)
        except JournalFault as fault:
            self._change("waiting", step="asking", told=str(fault))
        except Exception:  # a full disk, a bug: the screen must not wait for ever
            log.exception("this machine could not be enrolled")
            self._change("waiting", step="asking", told=NOT_WRITTEN)
        else:
            log.info("enrolled as kiosk %s of %s", identity.kiosk, identity.village)
            self._change("waiting", step="enrolled", identity=identity, copies=self._copies(identity))

    def _change(self, only_from: str, **changes: object) -> bool:
        with self._lock:
            if self._now.step != only_from:
                return False
            self._now = replace(self._now, turn=self._now.turn + 1, **changes)  # type: ignore[arg-type]
            return True
