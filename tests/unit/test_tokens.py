"""What the counter makes of any scanned text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.tokens import (
    TOKEN_BYTES,
    Barcode,
    Code,
    CodeKind,
    NotOurs,
    code_text,
    is_village_code,
    make_token,
    read_code,
    token_hash,
)

TOKEN = make_token("SQ", bytes(range(TOKEN_BYTES)))


@pytest.mark.parametrize("base", ["merit:", "https://jifen.example.cn", "http://127.0.0.1:8080/merit/"])
@pytest.mark.parametrize("kind", list(CodeKind))
def test_a_code_is_known_whatever_its_host(base: str, kind: CodeKind) -> None:
    assert read_code(code_text(base, kind, TOKEN)) == Code(kind, "SQ", TOKEN)


def test_a_scanner_that_shouts_or_whispers_makes_no_difference() -> None:
    text = code_text("merit:", CodeKind.CARD, TOKEN)
    assert read_code(text.upper()) == read_code(text.lower()) == Code(CodeKind.CARD, "SQ", TOKEN)
    assert token_hash(TOKEN) == token_hash(TOKEN.lower())


@pytest.mark.parametrize("digits", ["2000000000015", "2000000000053", "96385074"])
def test_goods_are_known_by_a_right_check_digit(digits: str) -> None:
    assert read_code(digits) == Barcode(digits)


@pytest.mark.parametrize(
    "text", ["2000000000016", "123", "", "https://example.cn/x/SQ-1", "merit:/q/SQ-short", "汤勇芳", "x" * 10_000]
)
def test_anything_else_is_unreadable_and_never_an_error(text: str) -> None:
    assert read_code(text) is NotOurs.UNREADABLE


@pytest.mark.parametrize(
    "text", ["134567890123456789", "2812345678901234", "281234567890123456789012", "6212345678901234567"]
)
def test_a_payment_code_is_called_by_its_name(text: str) -> None:
    assert read_code(text) is NotOurs.PAYMENT


@given(st.text(max_size=600))
def test_no_text_at_all_is_an_error(text: str) -> None:
    read_code(text)


def test_a_token_needs_randomness_and_a_village() -> None:
    with pytest.raises(ValueError, match="random"):
        make_token("SQ", b"short")
    with pytest.raises(ValueError, match="village"):
        make_token("sq", bytes(TOKEN_BYTES))


@pytest.mark.parametrize(
    ("text", "right"), [("SQ", True), ("LT03", True), ("S", False), ("3A", False), ("石桥", False), ("A" * 13, False)]
)
def test_village_codes(text: str, right: bool) -> None:
    assert is_village_code(text) is right


def test_tokens_differ_in_every_random_bit_they_use() -> None:
    seen = {make_token("SQ", (1 << bit).to_bytes(TOKEN_BYTES)) for bit in range(130)}
    assert len(seen) == 130
