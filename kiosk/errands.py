"""The thread for what takes a while and nobody's goods wait for: a clerk's PIN, a household's PIN, the passbook, the day's seal.

One errand after the other; each ends in exactly one event, whatever went wrong. A PIN is held as long as its check lasts.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Protocol, TypeVar

from kiosk.counter.deals import SealSeen
from kiosk.counter.effects import AskPin, AskSeal, CheckPin, FetchPassbook
from kiosk.counter.events import Event, PassbookCame, PinAnswered, PinChecked, SealCame
from schemas.kiosk_api import Passbook, PinAnswer, PinRequest, Seal

log = logging.getLogger("kiosk.errands")

T = TypeVar("T")
Errand = CheckPin | AskPin | FetchPassbook | AskSeal
SEAL_ROUNDS, SEAL_ROUND_S = 80, 0.1


class Office(Protocol):
    """What is asked of the ledger beside sales (``LedgerClient`` over HTTP)."""

    def passbook(self, token: str, household: str) -> Passbook: ...
    def pin(self, token: str, request: PinRequest) -> PinAnswer: ...
    def seal(self, token: str) -> Seal: ...


class ErrandThread:
    """Runs errands in order and tells how each ended. ``unsent`` says how many entries the ledger does not hold yet."""

    def __init__(self, office: Office, token: str, unsent: Callable[[], int], tell: Callable[[Event], None]) -> None:
        self._office = office
        self._token = token
        self._unsent = unsent
        self._tell = tell
        self._errands: queue.SimpleQueue[Errand | None] = queue.SimpleQueue()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="errands", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the errand under way."""
        self._ended.set()
        self._errands.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def queue(self, errand: Errand) -> None:
        """Take an errand; comes back at once."""
        self._errands.put(errand)

    def _run(self) -> None:
        while (errand := self._errands.get()) is not None:
            self._tell(self._end(errand))

    def _end(self, errand: Errand) -> Event:
        match errand:
            case CheckPin(login, pin_hash, pin):
                return PinChecked(login, is_pin(pin_hash, pin))
            case AskPin(household, pin):
                request = PinRequest(household=household, pin=pin)
                return PinAnswered(household, self._asked(lambda: self._office.pin(self._token, request)))
            case FetchPassbook(household):
                found = self._asked(lambda: self._office.passbook(self._token, household))
                return PassbookCame(household, found if found is not None and found.household == household else None)
            case AskSeal():
                return SealCame(self._seal())

    def _asked(self, ask: Callable[[], T]) -> T | None:
        """The answer, None for none of any kind. Logs say what failed, never what was asked."""
        try:
            return ask()
        except Exception as error:
            log.warning("the ledger gave no answer to an errand: %s", type(error).__name__)
            return None

    def _seal(self) -> SealSeen | None:
        """The seal must hold the day that was just closed: the backlog goes first, for a few seconds and no longer."""
        for _ in range(SEAL_ROUNDS):
            if self._unsent() == 0 or self._ended.wait(SEAL_ROUND_S):
                break
        seal = self._asked(lambda: self._office.seal(self._token)) if self._unsent() == 0 else None
        if seal is None:
            return None
        return SealSeen(seal.size, seal.sealed_at, seal.slip, tuple(seal.words), seal.to_look_at)


def is_pin(pin_hash: str, pin: str) -> bool:
    """True when that is the PIN of the hash (argon2id). A hash that cannot be read is nobody's."""
    from argon2 import PasswordHasher
    from argon2.exceptions import Argon2Error, InvalidHashError

    try:
        return PasswordHasher().verify(pin_hash, pin)
    except (Argon2Error, InvalidHashError):
        return False
