"""A ledger for kiosk tests: real HTTP on a real socket, a small book, and every way in which a line can fail.

It keeps what it is sent (``texts`` by entry number, ``bodies`` of requests), freezes outcomes by entry id as the real one does, and
checks signature and chain, so that a kiosk that forks or forgets is found out here.
"""

from __future__ import annotations

import gzip
import json
import threading
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qsl
from uuid import UUID

from nacl.signing import VerifyKey

from ledger.kiosks.snapshot import changed_since
from schemas.entries import ENTRY, Asked, CalledOff, Collected, HandedOver, Voided
from schemas.journal import FIRST_LINK, head_message, link
from schemas.kiosk_api import (
    EnrolAnswer,
    EnrolRequest,
    EntryOutcome,
    Limits,
    Passbook,
    PassbookLine,
    Seal,
    Snapshot,
    SnapshotCard,
    SnapshotClerk,
    SnapshotGood,
    SnapshotHousehold,
    SnapshotVillage,
    Upload,
    UploadAnswer,
)
from schemas.tokens import make_token, token_hash

SOAP, SOY, RICE, OIL = "2000000000015", "2000000000022", "2000000000039", "2000000000046"
TOKEN = "t" * 32
CODE = "SQ-ABCD2345"


def card_token(household: int, extra: int = 0) -> str:
    """The token of that household's card; another one for each ``extra``."""
    return make_token("SQ", bytes(14) + bytes([household, extra, 1]))


def a_snapshot(
    seq: int = 100, *, taken_at: datetime | None = None, balance: int = 60, **limits: int | None
) -> Snapshot:
    """石桥村 with three households of 60 points (0007 open, 0008 blocked, 0009 closed; 0010 open) and four goods."""
    named = {
        "household_day": None, "visit": None, "offline_household_day": 30, "offline_kiosk_total": 200, "offline_days": 7,
    } | limits  # fmt: skip
    states = {7: "open", 8: "blocked", 9: "closed", 10: "open"}
    made = Snapshot.model_validate(
        {
            "seq": seq,
            "taken_at": taken_at or datetime.now(UTC),
            "village": SnapshotVillage(
                code="SQ", name="石桥村", shop_name="石桥村爱心超市", phone="555 0123", base="merit:",
                timezone="Asia/Shanghai", decimals=0,
            ),
            "limits": Limits.model_validate(named),
            "goods": [
                SnapshotGood(barcode=code, name=name, unit="件", price=price, stock=stock, limit_visit=limit, picture="")
                for code, name, price, stock, limit in (
                    (SOAP, "香皂", 5, 40, None), (SOY, "酱油", 14, 30, 2), (RICE, "绿豆", 15, 1, None), (OIL, "玉米油", 85, 9, None),
                )
            ],
            "households": [
                SnapshotHousehold.model_validate(
                    {
                        "number": f"{n:04}", "masked_name": "汤**", "group": "1组", "balance": balance, "floor": 0, "spent_today": 0,
                        "on_notice": 5, "on_notice_until": "2026-11-27", "state": state,
                    }
                )
                for n, state in states.items()
            ],
            "cards": [
                *(_card(n, 0, "active") for n in states),
                _card(7, 1, "lost"), _card(7, 2, "replaced"), _card(7, 3, "active"),
            ],
            "clerks": [SnapshotClerk(login="zhou", name="周玉兰")],
        }
    )  # fmt: skip
    return made.model_copy(update={"cards": sorted(made.cards, key=lambda card: card.hash)})


def _card(household: int, extra: int, state: str) -> SnapshotCard:
    hash_ = token_hash(card_token(household, extra)).hex()
    return SnapshotCard.model_validate({"hash": hash_, "household": f"{household:04}", "tail": "4187", "state": state})


class FakeLedger:
    """Start with ``with FakeLedger() as ledger``. ``mode`` says how it answers; ``refuse`` makes every new ``asked`` that refusal.

    Modes: ``well``, ``html`` (a sign-in page with 200), ``error`` (500), ``stopped`` (403), ``silent`` (takes nothing, says nothing until
    ``release``), ``mute`` (takes, then cuts the connection), ``cut`` (takes, sends half an answer), ``forgets``
    (of a snapshot's changed parts it leaves the households out), ``packed`` (gzip that nobody asked for), ``twice`` (each outcome
    twice, the second time another).
    """

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        self.mode = "well"
        self.refuse: str | None = None
        self.cursors = True
        self.texts: dict[int, str] = {}
        self.frozen: dict[UUID, EntryOutcome] = {}
        self.uploads: list[Upload] = []
        self.requests: list[str] = []
        self.queries: list[dict[str, str]] = []
        self.enrolled: EnrolRequest | None = None
        self._snapshot = snapshot or a_snapshot()
        self._links = [FIRST_LINK]
        self._moved: dict[str, int] = {}
        self._seq = self._snapshot.seq
        self._lock = threading.RLock()
        self._released = threading.Event()
        self._heard = threading.Condition()
        self._server = _Server(self)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def release(self) -> None:
        """Let go of every request that ``silent`` holds."""
        self._released.set()

    def wait_for(self, entries: int, timeout_s: float = 30) -> bool:
        """True as soon as it holds that many entries."""
        with self._heard:
            return self._heard.wait_for(lambda: len(self.texts) >= entries, timeout_s)

    def kinds(self) -> list[str]:
        """The kinds of all entries it holds, in order."""
        return [ENTRY.validate_json(self.texts[n]).kind for n in sorted(self.texts)]

    def balance(self, household: str) -> int:
        """What is left to that household here."""
        start = next(h.balance for h in self._snapshot.households if h.number == household)
        return start - self._moved.get(household, 0)

    def restore(self, entries: int) -> None:
        """As after a restore from an older copy: it holds only that many entries, and knows the outcomes of no other."""
        for number in range(entries + 1, len(self.texts) + 1):
            del self.frozen[ENTRY.validate_json(self.texts.pop(number)).id]
        del self._links[entries + 1 :]

    # ── what it answers ─────────────────────────────────────────────────────────────────────────────────────────────

    def hold(self) -> None:
        """Wait in ``silent`` mode."""
        self._released.wait(30)

    def enrol(self, request: EnrolRequest) -> EnrolAnswer:
        self.enrolled = request
        return EnrolAnswer(village="SQ", village_name="石桥村", kiosk=1, token=TOKEN)

    def snapshot(self, since: str = "") -> Snapshot:
        """The whole register, or the parts that differ from what ``since`` says. With ``cursors`` off, an older ledger's answer."""
        with self._lock:
            households = [h.model_copy(update={"balance": self.balance(h.number)}) for h in self._snapshot.households]
            now = {
                "households": households,
                "seq": self._seq,
                "taken_at": datetime.now(UTC),
                "taken_up_to": len(self.texts),
            }
            whole = self._snapshot.model_copy(update=now)
            answer = changed_since(whole, since) if self.cursors else whole
            return answer.model_copy(update={"households": []}) if self.mode == "forgets" and since else answer

    def change(self, **updates: object) -> None:
        """The register or the price list is another from now on."""
        with self._lock:
            self._snapshot = self._snapshot.model_copy(update=updates)

    def take(self, upload: Upload) -> UploadAnswer | int | None:
        """None for a fork; how far it holds the journal, for a gap."""
        with self._lock, self._heard:
            self.uploads.append(upload)
            self._check_signature(upload)
            if upload.entries[0].number > len(self.texts) + 1:
                return len(self.texts)
            outcomes = []
            for entry in upload.entries:
                known = self.texts.get(entry.number)
                if known is not None and known != entry.text:
                    return None
                if known is None:
                    self._keep(entry.number, entry.text, entry.link)
                outcomes.append(self._outcome(entry.number, entry.text, repeated=known is not None))
            self._heard.notify_all()
            if self.mode == "twice":
                outcomes += [one.model_copy(update={"outcome": "not_enough_points"}) for one in outcomes]
            return UploadAnswer(taken_up_to=len(self.texts), outcomes=outcomes, server_time=datetime.now(UTC))

    def _check_signature(self, upload: Upload) -> None:
        if self.enrolled is None:
            return
        last = upload.entries[-1]
        message = head_message("SQ", 1, last.number, bytes.fromhex(last.link))
        VerifyKey(bytes.fromhex(self.enrolled.public_key)).verify(message, bytes.fromhex(upload.signature))

    def _keep(self, number: int, text: str, link_: str) -> None:
        assert number == len(self.texts) + 1, "entries come in order"
        self._links.append(link(self._links[-1], text.encode()))
        assert self._links[-1].hex() == link_, "the chain holds"
        self.texts[number] = text

    def _outcome(self, number: int, text: str, *, repeated: bool) -> EntryOutcome:
        entry = ENTRY.validate_json(text)
        if entry.id not in self.frozen:
            self.frozen[entry.id] = self._decide(number, entry)
        return self.frozen[entry.id].model_copy(update={"repeated": repeated})

    def _decide(self, number: int, entry: object) -> EntryOutcome:
        match entry:
            case Asked() if self.refuse is not None:
                return EntryOutcome(
                    number=number, id=entry.id, outcome=self.refuse, figures={"balance": 3, "missing": 7}
                )
            case Asked():
                return self._post(number, entry)
            case HandedOver() if self._posted(entry.asked):
                return EntryOutcome(number=number, id=entry.id, outcome="recorded")
            case HandedOver():
                return self._post(number, entry)
            case CalledOff():
                if self._posted(entry.asked):
                    asked = next(e for e in map(ENTRY.validate_json, self.texts.values()) if e.id == entry.asked)
                    assert isinstance(asked, Asked)
                    self._move(asked.household, -asked.total)
                return EntryOutcome(number=number, id=entry.id, outcome="recorded")
            case Voided():
                return self._void(number, entry)
        return EntryOutcome(number=number, id=getattr(entry, "id", None), outcome="recorded")

    def _void(self, number: int, entry: Voided) -> EntryOutcome:
        """Gives back whatever the sale had taken, by whichever of its entries."""
        for sale in map(ENTRY.validate_json, self.texts.values()):
            if not isinstance(sale, Asked | Collected | HandedOver) or not self._posted(sale.id):
                continue
            if entry.sale == (sale.asked if isinstance(sale, HandedOver) else sale.id):
                self._move(sale.household, -sale.total)
                return EntryOutcome(number=number, id=entry.id, outcome="posted", seq=self._seq)
        return EntryOutcome(number=number, id=entry.id, outcome="recorded")

    def seal(self) -> Seal:
        """The book as it is, signed by nobody."""
        with self._lock:
            words = ["孙女", "湖面", "蒸饭", "谷仓"]
            return Seal(size=self._seq, sealed_at=datetime.now(UTC), slip="merit:/c/1", words=words)

    def passbook(self, household: str) -> Passbook:
        """A household's one line."""
        line = PassbookLine(day=date(2026, 11, 14), words="义务劳动", amount=5, balance=self.balance(household))
        return Passbook(household=household, seq=self._seq, balance=self.balance(household), lines=[line])

    def _posted(self, id_: UUID) -> bool:
        return id_ in self.frozen and self.frozen[id_].outcome == "posted"

    def _post(self, number: int, entry: Asked | HandedOver) -> EntryOutcome:
        self._move(entry.household, entry.total)
        balance = self.balance(entry.household)
        return EntryOutcome(number=number, id=entry.id, outcome="posted", balance=balance, seq=self._seq)

    def _move(self, household: str, points: int) -> None:
        self._moved[household] = self._moved.get(household, 0) + points
        self._seq += 1


class _Server(ThreadingHTTPServer):
    def __init__(self, ledger: FakeLedger) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.ledger = ledger


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def ledger(self) -> FakeLedger:
        assert isinstance(self.server, _Server)
        return self.server.ledger

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def _answer(self, body: bytes) -> None:
        name, _, query = self.path.removeprefix("/api/v1/kiosk/").partition("?")
        self.ledger.requests.append(name)
        self.query = dict(parse_qsl(query, keep_blank_values=True))
        self.ledger.queries.append(self.query)
        match self.ledger.mode:
            case "html":
                self._say(200, "text/html", b"<h1>Wi-Fi</h1>")
            case "error":
                self._problem(500, "fault")
            case "stopped":
                self._problem(403, "kiosk_revoked")
            case "silent":
                self.ledger.hold()
                self.close_connection = True
            case mode:
                self._well(name, body, mode)

    def _well(self, name: str, body: bytes, mode: str) -> None:
        if name != "enrol" and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._problem(401, "unknown_token")
        match name:
            case "enrol":
                request = EnrolRequest.model_validate_json(body)
                if request.code != CODE:
                    return self._problem(403, "code_not_good")
                text = self.ledger.enrol(request).model_dump_json()
            case "snapshot":
                text = self.ledger.snapshot(self.query.get("since", "")).model_dump_json()
            case "entries":
                answer = self.ledger.take(Upload.model_validate_json(body))
                if isinstance(answer, int):
                    return self._problem(409, "journal_gap", str(answer))
                if answer is None:
                    return self._problem(409, "journal_fork")
                text = answer.model_dump_json()
            case "seal":
                text = self.ledger.seal().model_dump_json()
            case _ if name.startswith("passbook/"):
                text = self.ledger.passbook(name.removeprefix("passbook/")).model_dump_json()
            case _:
                return self._problem(404, "not_found")
        return self._send(text.encode(), mode)

    def _send(self, text: bytes, mode: str) -> None:
        if mode == "mute":
            self.close_connection = True
            return
        if mode == "cut":
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text[: len(text) // 2])
            self.close_connection = True
            return
        packed = mode == "packed"
        headers = [("Content-Encoding", "gzip")] if packed else []
        self._say(200, "application/json", gzip.compress(text) if packed else text, *headers)

    def _problem(self, status: int, code: str, words: str = "不对") -> None:
        problem = {"title": "不行", "status": status, "code": code, "faults": [{"field": "code", "words": words}]}
        self._say(status, "application/problem+json", json.dumps(problem).encode())

    def _say(self, status: int, kind: str, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
