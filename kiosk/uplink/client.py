"""The ledger over HTTP. Only an answer that is exactly what was agreed counts as one: a router's sign-in page with 200 does not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlencode

import urllib3
from pydantic import BaseModel, ValidationError

from schemas.kiosk_api import (
    EnrolAnswer,
    EnrolRequest,
    Passbook,
    PinAnswer,
    PinRequest,
    Seal,
    Snapshot,
    Upload,
    UploadAnswer,
)
from schemas.problems import Problem
from schemas.refusals import FaultCode

MOST_BYTES = 32 * 1024 * 1024  # a township's largest village is under 4 MB
CONNECT_S = 3.0
CHUNK_BYTES = 64 * 1024

M = TypeVar("M", bound=BaseModel)


class NoAnswerCame(Exception):
    """Nothing that counts as an answer: the same may be sent again. The words are for logs."""


class Stopped(Exception):
    """The ledger does not know this kiosk's token any more, or was told to stop it (401, 403)."""


class Forked(Exception):
    """The ledger holds another journal under this kiosk's number (409)."""


class Missing(Exception):
    """The ledger lacks entries before those that were sent (409, ``journal_gap``); it holds the journal up to ``taken_up_to``."""

    def __init__(self, taken_up_to: int) -> None:
        super().__init__(f"up to {taken_up_to}")
        self.taken_up_to = taken_up_to


class Declined(Exception):
    """The ledger understood and said no (any 4xx to an enrolment; 400, 404, 413, 429 …) in the agreed form. ``words`` are its own."""

    def __init__(self, words: str, code: str) -> None:
        super().__init__(words)
        self.words = words
        self.code = code


class LedgerClient:
    """A ledger's kiosk endpoints. Every call ends within its deadline. Raises NoAnswerCame, Stopped, Forked, Missing, Declined."""

    def __init__(
        self, base: str, *, deadline_s: float = 30.0, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._base = base.rstrip("/")
        self._deadline_s = deadline_s
        self._monotonic_s = monotonic_s
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=1, retries=False)

    def enrol(self, request: EnrolRequest) -> EnrolAnswer:
        """Introduce a new kiosk by its one-time code."""
        return self._call("POST", "enrol", EnrolAnswer, body=request)

    def snapshot(self, token: str, *, since: str, unsent: int) -> Snapshot:
        """Register and price list of now. ``since`` is the cursor of what is held already, "" for the whole; ``unsent`` is how many
        entries the ledger does not hold yet, for the office's page."""
        query = urlencode({"since": since, "unsent": unsent})
        return self._call("GET", "snapshot", Snapshot, token=token, query=f"?{query}")

    def upload(self, token: str, upload: Upload) -> UploadAnswer:
        """Send entries; sending them again is answered alike."""
        return self._call("POST", "entries", UploadAnswer, token=token, body=upload)

    def passbook(self, token: str, household: str) -> Passbook:
        """A household's last lines."""
        return self._call("GET", f"passbook/{household}", Passbook, token=token)

    def pin(self, token: str, request: PinRequest) -> PinAnswer:
        """Is that the household's PIN? Never asked twice for one answer: a wrong one counts."""
        return self._call("POST", "pin", PinAnswer, token=token, body=request, once=True)

    def seal(self, token: str) -> Seal:
        """The book as it is now, signed."""
        return self._call("POST", "seal", Seal, token=token)

    def close(self) -> None:
        """Let the connections go."""
        self._pool.clear()

    def _call(
        self,
        method: str,
        name: str,
        model: type[M],
        *,
        token: str = "",
        body: BaseModel | None = None,
        once: bool = False,
        query: str = "",
    ) -> M:
        headers = {"Accept": "application/json", "User-Agent": "merit-kiosk"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        send = body.model_dump_json().encode() if body is not None else None
        try:
            exchange = self._exchange if once else self._exchange_again
            status, kind, text = exchange(method, f"{self._base}/api/v1/kiosk/{name}{query}", headers, send)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise NoAnswerCame(f"{name}: {error}") from error
        return _answer(name, model, status, kind, text)

    def _exchange_again(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None
    ) -> tuple[int, str, bytes]:
        """A kept-alive connection that the other end closed meanwhile shows only when it is used: what may be sent twice is tried
        once more on a new one."""
        try:
            return self._exchange(method, url, headers, body)
        except urllib3.exceptions.ProtocolError:
            if "Authorization" not in headers:  # an enrolment code works once
                raise
            return self._exchange(method, url, headers, body)

    def _exchange(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> tuple[int, str, bytes]:
        """Status, media type and body. The body is read against one deadline, however slowly it trickles."""
        until_s = self._monotonic_s() + self._deadline_s
        timeout = urllib3.Timeout(connect=min(CONNECT_S, self._deadline_s), read=self._deadline_s)
        response = self._pool.request(
            method, url, body=body, headers=headers, timeout=timeout, redirect=False,
            preload_content=False, decode_content=False,  # what was not asked for packed is not unpacked: a few bytes may be gigabytes
        )  # fmt: skip
        try:
            text = bytearray()
            while chunk := response.read1(CHUNK_BYTES):
                text += chunk
                if len(text) > MOST_BYTES or self._monotonic_s() > until_s:
                    response.close()
                    raise NoAnswerCame("too long an answer")
            if (length := response.headers.get("Content-Length", "")).isdigit() and len(text) != int(length):
                raise NoAnswerCame("half an answer")
            return response.status, response.headers.get("Content-Type", ""), bytes(text)
        finally:
            response.release_conn()


def _answer(name: str, model: type[M], status: int, kind: str, text: bytes) -> M:
    """The answer as the model, or what else was said. Any status in a form that was not agreed is no answer."""
    media = kind.partition(";")[0].strip().lower()
    if status == 200 and media == "application/json":
        try:
            return model.model_validate_json(text)
        except ValidationError as error:
            raise NoAnswerCame(f"{name}: {error.error_count()} faults in the answer") from error
    if media != "application/problem+json":
        raise NoAnswerCame(f"{name}: {status} {media or 'without a type'}")
    problem = _problem(name, text)
    if status >= 500:
        raise NoAnswerCame(f"{name}: {status} {problem.code}")
    raise _no(name, status, problem)


def _no(name: str, status: int, problem: Problem) -> Exception:
    """What a 4xx means: nothing is stopped by an enrolment, which has no token yet."""
    words = "；".join(fault.words for fault in problem.faults)
    if name == "enrol":
        return Declined(words or problem.title, problem.code)
    if status in (401, 403):
        return Stopped(problem.title)
    if problem.code == FaultCode.JOURNAL_GAP.code and words.isdigit():
        return Missing(int(words))
    if problem.code == FaultCode.JOURNAL_FORK.code:
        return Forked(problem.title)
    return Declined(words or problem.title, problem.code)


def _problem(name: str, text: bytes) -> Problem:
    try:
        return Problem.model_validate_json(text)
    except ValidationError as error:
        raise NoAnswerCame(f"{name}: an unreadable problem") from error
