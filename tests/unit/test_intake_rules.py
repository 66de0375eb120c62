"""What an entry of a kiosk's journal does, given what the journal said before; and where sent entries stand in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from ledger.kiosks.reading import read_entry
from ledger.kiosks.rules import (
    Action,
    Place,
    SaleSoFar,
    action_of,
    card_trouble,
    chain_faults,
    contradicts,
    entry_faults,
    happened_at,
    is_late,
    place_of,
    so_far_of,
)
from schemas.entries import Asked, CalledOff, HandedOver, Line, Printed
from schemas.journal import FIRST_LINK, link
from schemas.kiosk_api import UploadedEntry
from schemas.refusals import RefusalCode

NOW = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
CARD = "c" * 64
SALE = UUID(int=1)


def head(number: int = 1, *, wall: datetime = NOW, trusted: bool = True) -> dict[str, object]:
    return {
        "id": uuid4(), "number": number, "boot": UUID(int=9), "monotonic_ms": 1, "wall": wall, "clock_trusted": trusted, "clerk": "zhou",
    }  # fmt: skip


def asked(*, total: int = 5, card: str | None = CARD, **of_head: object) -> Asked:
    line = Line(barcode="2000000000015", quantity=1, price=5)
    sale = {"household": "0007", "card": card, "lines": [line], "total": total, "snapshot": 1, "receipt": "d" * 64}
    return Asked.model_validate(head(**of_head) | sale)  # type: ignore[arg-type]


def handed_over() -> HandedOver:
    return HandedOver.model_validate(asked().model_dump(exclude={"kind"}) | {"asked": SALE})


def called_off() -> CalledOff:
    return CalledOff.model_validate(head() | {"asked": SALE})


NEVER = SaleSoFar()
POSTED = SaleSoFar(asked="posted", asked_number=1)
REFUSED = SaleSoFar(asked="not_enough_points", asked_number=1)


@pytest.mark.parametrize(
    ("so_far", "action"),
    [
        (NEVER, Action.JUDGE),
        (SaleSoFar(handed_over=True), Action.SUPERSEDE),
        (SaleSoFar(called_off=True), Action.SUPERSEDE),
    ],
)
def test_what_asked_does(so_far: SaleSoFar, action: Action) -> None:
    assert action_of(asked(), so_far) is action


@pytest.mark.parametrize(
    ("so_far", "action", "contradicted"),
    [
        (POSTED, Action.RECORD, False),
        (REFUSED, Action.POST, False),
        (NEVER, Action.POST, False),
        (SaleSoFar(asked="quarantined", asked_number=1), Action.POST, False),
        (SaleSoFar(asked="not_enough_points", handed_over=True), Action.RECORD, False),
        (SaleSoFar(asked="not_enough_points", called_off=True), Action.POST, True),
        (SaleSoFar(asked="posted", called_off=True), Action.RECORD, True),
    ],
)
def test_what_handed_over_does(so_far: SaleSoFar, action: Action, contradicted: bool) -> None:
    entry = handed_over()
    assert (action_of(entry, so_far), contradicts(entry, so_far)) == (action, contradicted)


@pytest.mark.parametrize(
    ("so_far", "action", "contradicted"),
    [
        (POSTED, Action.TAKE_BACK, False),
        (REFUSED, Action.RECORD, False),
        (NEVER, Action.RECORD, False),
        (SaleSoFar(asked="posted", called_off=True), Action.RECORD, False),
        (SaleSoFar(asked="posted", handed_over=True), Action.RECORD, True),
        (SaleSoFar(handed_over=True), Action.RECORD, True),
    ],
)
def test_what_called_off_does(so_far: SaleSoFar, action: Action, contradicted: bool) -> None:
    entry = called_off()
    assert (action_of(entry, so_far), contradicts(entry, so_far)) == (action, contradicted)


def test_paper_moves_no_points() -> None:
    entry = Printed.model_validate(head() | {"sale": SALE, "copy_number": 0, "state": "unknown"})
    assert action_of(entry, POSTED) is Action.RECORD


def test_what_lies_in_quarantine_settles_nothing() -> None:
    assert so_far_of(NEVER, "handed_over", 2, "quarantined") == NEVER
    assert so_far_of(NEVER, "called_off", 2, "quarantined") == NEVER
    assert so_far_of(NEVER, "handed_over", 2, "posted") == SaleSoFar(handed_over=True)
    assert so_far_of(NEVER, "asked", 1, "posted") == POSTED


# ── time ────────────────────────────────────────────────────────────────────────────────────────────────────────────

ENROLLED = NOW - timedelta(days=30)


@pytest.mark.parametrize(
    ("wall", "trusted", "counts"),
    [
        (NOW - timedelta(days=2), True, NOW - timedelta(days=2)),
        (NOW - timedelta(days=2), False, NOW),
        (NOW + timedelta(minutes=1), True, NOW),
        (datetime(2099, 1, 1, tzinfo=UTC), True, NOW),
        (datetime(1970, 1, 1, tzinfo=UTC), True, NOW),
        (ENROLLED - timedelta(days=1), True, NOW),
    ],
)
def test_a_clock_is_believed_when_it_is_trusted_and_can_be_right(
    wall: datetime, trusted: bool, counts: datetime
) -> None:
    assert happened_at(asked(wall=wall, trusted=trusted), now=NOW, enrolled_at=ENROLLED) == counts


def test_a_sale_is_late_when_nobody_at_the_counter_waits_any_more() -> None:
    assert not is_late(asked(wall=NOW - timedelta(minutes=2)), NOW)
    assert is_late(asked(wall=NOW - timedelta(minutes=3)), NOW)
    assert not is_late(asked(wall=NOW - timedelta(days=3), trusted=False), NOW)


# ── cards ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("shown", "state", "code"),
    [
        (True, "active", None),
        (True, "lost", RefusalCode.CARD_REPORTED_LOST),
        (True, "replaced", RefusalCode.CARD_REPLACED),
        (True, None, RefusalCode.CARD_UNKNOWN),
        (False, None, RefusalCode.SECOND_PERSON_NEEDED),
    ],
)
def test_what_is_wrong_with_a_card(shown: bool, state: str | None, code: RefusalCode | None) -> None:
    refusal = card_trouble(shown, state)
    assert (refusal.code if refusal else None) is code


def test_an_entry_under_another_number_a_used_id_or_a_wrong_total_is_not_taken() -> None:
    assert entry_faults(asked(), 1, used=False) == ""
    assert "不是第 2 笔" in entry_faults(asked(), 2, used=False)
    assert entry_faults(asked(), 1, used=True) == "编号用过一次了"
    assert entry_faults(asked(total=6), 1, used=False) == "各样加起来和总数对不上"


# ── the chain ───────────────────────────────────────────────────────────────────────────────────────────────────────


def written(*texts: str, after: bytes = FIRST_LINK, first: int = 1) -> list[UploadedEntry]:
    entries = []
    for number, text in enumerate(texts, start=first):
        after = link(after, text.encode())
        entries.append(UploadedEntry(number=number, text=text, link=after.hex()))
    return entries


def held(entries: list[UploadedEntry]) -> dict[int, bytes]:
    return {0: FIRST_LINK} | {entry.number: bytes.fromhex(entry.link) for entry in entries}


JOURNAL = written("a", "b", "c", "d")


def test_entries_that_follow_fit() -> None:
    assert place_of(JOURNAL[2:], 2, held(JOURNAL[:2])) is Place.FITS
    assert place_of(JOURNAL, 2, held(JOURNAL[:2])) is Place.FITS
    assert place_of(JOURNAL[:2], 4, held(JOURNAL)) is Place.FITS


def test_missing_entries_are_a_gap() -> None:
    assert place_of(JOURNAL[3:], 2, held(JOURNAL[:2])) is Place.GAP


def test_another_history_under_the_same_number_is_a_fork() -> None:
    other = written("a", "B", "C")
    assert place_of(other, 2, held(JOURNAL[:2])) is Place.FORK
    assert place_of(other[2:], 3, held(JOURNAL[:3])) is Place.FORK


def test_a_first_text_that_does_not_give_its_link_is_damage_and_no_fork() -> None:
    bent = JOURNAL[2].model_copy(update={"text": "C"})
    assert place_of([bent, JOURNAL[3]], 2, held(JOURNAL[:2])) is Place.BROKEN
    assert place_of([bent], 4, held(JOURNAL)) is Place.BROKEN


def test_a_changed_byte_and_a_swapped_pair_break_the_chain() -> None:
    assert chain_faults(JOURNAL) == []
    bent = JOURNAL[1].model_copy(update={"text": "B"})
    assert [fault.field for fault in chain_faults([JOURNAL[0], bent, JOURNAL[2]])] == ["entries.1.link"]
    assert [fault.field for fault in chain_faults([JOURNAL[1], JOURNAL[0]])] == ["entries.1.number"]
    assert [fault.field for fault in chain_faults([JOURNAL[0], JOURNAL[2]])] == ["entries.1.number"]


def test_a_text_that_no_database_could_keep_is_refused() -> None:
    assert [fault.field for fault in chain_faults(written("a\x00b"))] == ["entries.0.text"]


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "kind", "has_id"),
    [
        ("not json", "unreadable", False),
        ("[1]", "unreadable", False),
        ('{"kind":"attended","id":"00000000-0000-7000-8000-000000000001"}', "attended", True),
        ('{"kind":"<b>","id":"7"}', "unreadable", False),
        ("[" * 5000, "unreadable", False),
    ],
)
def test_what_cannot_be_read_is_kept_with_what_can_be_made_out(text: str, kind: str, has_id: bool) -> None:
    read = read_entry(UploadedEntry(number=1, text=text, link="0" * 64))
    assert (read.entry, read.kind, read.entry_id is not None) == (None, kind, has_id)
