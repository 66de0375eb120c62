"""What both sides of the counter must compute alike: an entry's text, names beside it, cash, the ways of a sale, the cursor's parts."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import get_args
from uuid import UUID

import pytest

from schemas import reasons
from schemas.beside import Beside, belongs, commitment, commitments
from schemas.cash import cash_for, fen_text
from schemas.cursor import Parts, part_of
from schemas.entries import ENTRY, Asked, Line, Proxy, Received, ReceivedLine, entry_bytes
from schemas.kiosk_api import SnapshotCard, SnapshotHousehold
from schemas.limits import Circumstances, Purse, VisitLimits, WantedGood, check_redemption, next_open_day

SALT = bytes(range(16))
MONDAY = date(2026, 11, 16)


def asked(**changes: object) -> Asked:
    said: dict[str, object] = {
        "id": UUID(int=1), "number": 1, "boot": UUID(int=2), "monotonic_ms": 1, "clock_trusted": True, "clerk": "zhou",
        "wall": datetime(2026, 11, 16, 2, tzinfo=UTC), "household": "0007", "card": "c" * 64, "total": 5, "snapshot": 1,
        "lines": [Line(barcode="2000000000015", quantity=1, price=5)], "receipt": "d" * 64,
    }  # fmt: skip
    return Asked.model_validate(said | changes)


# ── the entry's text ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_plain_sale_is_written_as_an_older_ledger_reads_it() -> None:
    written = json.loads(entry_bytes(asked()))
    assert not {"cash_fen", "without_card", "second", "proxy", "pin_checked"} & written.keys()
    assert ENTRY.validate_json(entry_bytes(asked())) == asked()


def test_what_was_added_is_written_where_it_says_something() -> None:
    entry = asked(cash_fen=100, without_card=True, second="liang", card=None)
    written = json.loads(entry_bytes(entry))
    assert (written["cash_fen"], written["without_card"], written["second"]) == (100, True, "liang")
    assert "proxy" not in written
    assert ENTRY.validate_json(entry_bytes(entry)) == entry


# ── names ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_entry_commits_to_a_name_and_does_not_hold_it() -> None:
    committed = commitment("阎*", SALT)
    entry = asked(proxy=Proxy(name=committed, reason="away"))
    assert commitments(entry) == {"proxy": committed}
    assert "阎" not in entry_bytes(entry).decode()
    assert belongs(Beside(text="阎*", salt=SALT.hex()), committed)
    assert not belongs(Beside(text="邓*", salt=SALT.hex()), committed)
    assert not belongs(Beside(text="阎*", salt="0" * 32), committed)
    with pytest.raises(ValueError, match="16 bytes"):
        commitment("阎*", b"short")


def test_a_gift_commits_to_its_donor() -> None:
    head = asked().model_dump(include={"id", "number", "boot", "monotonic_ms", "wall", "clock_trusted", "clerk"})
    line = ReceivedLine(barcode="2000000000015", quantity=50, cost_fen=1000)
    gift = Received.model_validate(head | {"source": "donated", "donor": "e" * 64, "lines": [line]})
    assert commitments(gift) == {"donor": "e" * 64}


def test_every_reason_has_its_words() -> None:
    for codes, words in (
        (reasons.ProxyReason, reasons.PROXY_REASONS),
        (reasons.VoidReason, reasons.VOID_REASONS),
        (reasons.CountReason, reasons.COUNT_REASONS),
        (reasons.WriteOffReason, reasons.WRITE_OFF_REASONS),
    ):
        assert set(get_args(codes)) == words.keys()


# ── cash ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("points", "rate", "decimals", "fen"),
    [(27, 100, 0, 2700), (0, 100, 0, 0), (5, 100, 1, 50), (3, 1, 1, 1), (7, 80, 0, 560)],
)
def test_cash_for_points(points: int, rate: int, decimals: int, fen: int) -> None:
    assert cash_for(points, rate, decimals) == fen


def test_money_as_paper_shows_it() -> None:
    assert [fen_text(fen) for fen in (2700, 5, 50, 100)] == ["27.00", "0.05", "0.50", "1.00"]


# ── the ways of a sale ──────────────────────────────────────────────────────────────────────────────────────────────

RICH = Purse(available=500, floor=0, spent_today=0, blocked=False, closed=False)
RULES = VisitLimits(None, None, no_card=20, proxy=30, pin_above=40, open_weekdays=frozenset({2, 4}))


def refusal(points: int, how: Circumstances, rules: VisitLimits = RULES) -> str | None:
    found = check_redemption(RICH, [WantedGood("米", 1, points, points, 9, None)], rules, how)
    return found.code.code if found else None


@pytest.mark.parametrize(
    ("points", "how", "code"),
    [
        (40, Circumstances(), None),
        (41, Circumstances(), "pin_needed"),
        (41, Circumstances(pin_checked=True), None),
        (20, Circumstances(without_card=True), "second_person_needed"),
        (20, Circumstances(without_card=True, second=True), None),
        (21, Circumstances(without_card=True, second=True), "limit_no_card"),
        (30, Circumstances(by_proxy=True), None),
        (31, Circumstances(by_proxy=True), "limit_proxy"),
        (31, Circumstances(by_proxy=True, second=True), None),
        (50, Circumstances(cash_points=10), "cash_not_allowed"),
        (5, Circumstances(day=MONDAY), "shop_closed_today"),
        (5, Circumstances(day=date(2026, 11, 17)), None),
    ],
)
def test_each_way_asks_for_what_it_needs(points: int, how: Circumstances, code: str | None) -> None:
    assert refusal(points, how) == code


def test_cash_counts_no_points() -> None:
    assert refusal(50, Circumstances(cash_points=10), VisitLimits(None, 40, cash_allowed=True)) is None


def test_the_next_open_day() -> None:
    assert next_open_day({2, 4}, MONDAY) == date(2026, 11, 17)
    assert next_open_day({1}, MONDAY) == MONDAY
    assert next_open_day(set(), MONDAY) is None


# ── the snapshot's cursor ───────────────────────────────────────────────────────────────────────────────────────────


def household(number: str, balance: int = 5) -> SnapshotHousehold:
    return SnapshotHousehold(
        number=number, masked_name="汤**", group="1组", balance=balance, floor=0, spent_today=0, on_notice=0,
        on_notice_until=None, state="open",
    )  # fmt: skip


def test_only_the_parts_that_differ_are_named() -> None:
    known = [household(f"{number:04}") for number in range(220)]
    cards = [
        SnapshotCard(hash=f"{number:064x}", household="0001", tail="4187", state="active") for number in range(220)
    ]
    before = Parts.of(known, cards)
    assert len(before.cursor) < 1_000
    assert Parts.of(known[::-1], cards).changed_since(before.cursor) == frozenset()
    after = Parts.of([household("0000", 6), *known[1:]], cards)
    assert after.changed_since(before.cursor) == frozenset({part_of("0000")})


@pytest.mark.parametrize("text", ["", "1.", "1.x", "2.abcd", "1." + "A" * 426, "1." + "é" * 427, "x" * 900])
def test_a_cursor_that_is_none_gets_the_whole(text: str) -> None:
    assert Parts.of([], []).changed_since(text) is None
