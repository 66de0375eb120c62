"""The layouts that old paper depends on: frozen by vectors, here and for ever."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest

from schemas.canonical import MAX_INTEGER, Leaf, document_bytes, document_hash, fits_leaf, instant_text, leaf_bytes

AWARD = Leaf(
    village="SQ",
    seq=1,
    id=UUID("01932c07-209c-7cd1-9a5b-000000000001"),
    kind="award",
    debit="fund",
    credit="household:0007",
    amount=5,
    done_on=date(2026, 11, 16),
    posted_at=datetime(2026, 11, 19, 16, 0, tzinfo=UTC),
    reverses=None,
    document_id=UUID("01932c07-209c-7cd1-9a5b-0000000000d1"),
    actor="staff:2",
    second="staff:3",
    document_hash=bytes(32),
)
REDEMPTION = replace(
    AWARD,
    seq=2,
    id=UUID("01932c07-209c-7cd1-9a5b-000000000002"),
    kind="redemption",
    debit="household:0007",
    credit="shop:1",
    amount=10,
    actor="kiosk:1",
    second=None,
    document_hash=document_hash(bytes(16), document_bytes({"lines": [["酱油", 1, 5], ["香皂", 1, 5]]})),
)
REVERSAL = replace(
    REDEMPTION,
    seq=3,
    id=UUID("01932c07-209c-7cd1-9a5b-000000000003"),
    kind="reversal",
    debit="shop:1",
    credit="household:0007",
    reverses=REDEMPTION.id,
    posted_at=datetime(2026, 11, 20, 10, 24, 7, 1, tzinfo=timezone(timedelta(hours=8))),
)

VECTORS = [
    (AWARD, "3a849eee149199379825bc8977178b3095e57d9aba49d77d3fc7d1eb23d8b48f"),
    (REDEMPTION, "4e5dd4ab8fe87ff22a617b82fb240ff40bca42bb6e8bd0c8be75a66a28035d88"),
    (REVERSAL, "d7b04b7e34edd16640999fedabee5898a8238f76956f07438870b9d764abc626"),
]


def test_the_first_leaf_reads_line_by_line() -> None:
    assert leaf_bytes(AWARD).decode() == (
        "merit-transfer/1\nSQ\n1\n01932c07-209c-7cd1-9a5b-000000000001\naward\nfund\nhousehold:0007\n5\n2026-11-16\n"
        "2026-11-19T16:00:00.000000Z\n-\n01932c07-209c-7cd1-9a5b-0000000000d1\nstaff:2\nstaff:3\n" + "00" * 32 + "\n"
    )


@pytest.mark.parametrize(("leaf", "sha256"), VECTORS, ids=["award", "redemption", "reversal"])
def test_leaf_vectors_never_change(leaf: Leaf, sha256: str) -> None:
    assert hashlib.sha256(leaf_bytes(leaf)).hexdigest() == sha256


@pytest.mark.parametrize("actor", ["two words", "line\nfeed", "汤勇芳", "", "x" * 81])
def test_a_field_that_could_be_read_two_ways_is_refused(actor: str) -> None:
    with pytest.raises(ValueError, match="leaf"):
        leaf_bytes(replace(AWARD, actor=actor))


def test_an_instant_is_told_in_utc() -> None:
    assert instant_text(REVERSAL.posted_at) == "2026-11-20T02:24:07.000001Z"
    with pytest.raises(ValueError, match="time zone"):
        instant_text(datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_document_has_one_writing() -> None:
    assert (
        document_bytes({"b": 1, "a": "汤\u2028\n", "c": [True, None]})
        == '{"a":"汤\u2028\\n","b":1,"c":[true,null]}'.encode()
    )


def test_the_two_writings_of_one_character_stay_apart() -> None:
    assert document_bytes({"name": "\u00e9"}) != document_bytes({"name": "e\u0301"})


@pytest.mark.parametrize("value", [1.5, MAX_INTEGER + 1, "\ud800", b"bytes", {"键": 1}])
def test_what_json_cannot_carry_safely_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        document_bytes({"value": value})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("text", "fits"), [("x" * 80, True), ("x" * 81, False), ("", False), ("-", False), ("--", True)]
)
def test_a_line_holds_eighty_characters_and_never_the_sign_for_nothing(text: str, fits: bool) -> None:
    assert fits_leaf(text) is fits
