"""What a line of a household's account is called at the office."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from ledger.book.reading import StatementLine
from ledger.book.values import Kind
from ledger.people.lines import line_words


@pytest.mark.parametrize(
    ("kind", "document", "words"),
    [
        (Kind.OPENING, b'{"kind":"opening","household":"0007","amount":60}', "期初"),
        (
            Kind.REDEMPTION,
            '{"lines":[{"name":"酱油"},{"name":"香皂"}],"number":"1-000482"}'.encode(),
            "兑换 酱油、香皂",
        ),
        (Kind.AWARD, b'{"claim":31,"item":"VO01"}', "加分 编号 31"),
        (Kind.REVERSAL, b'{"reverses":"1-000486"}', "退回 1-000486"),
        (Kind.REVERSAL, b'{"reverses":"31"}', "改正 31"),
        (Kind.AWARD, None, "加分"),  # the document was erased
        (Kind.AWARD, b"not json", "加分"),
        (Kind.AWARD, b"[1]", "加分"),
        (Kind.REDEMPTION, b'{"lines":[3]}', "兑换"),
    ],
)
def test_a_line_says_what_it_was_for(kind: Kind, document: bytes | None, words: str) -> None:
    now = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
    line = StatementLine(1, UUID(int=1), kind, 5, 65, date(2026, 11, 16), now, None, document)
    assert line_words(line) == words


def test_every_kind_has_its_word() -> None:
    now = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
    lines = [StatementLine(1, UUID(int=1), kind, 5, 65, date(2026, 11, 16), now, None, None) for kind in Kind]
    assert len({line_words(line) for line in lines}) == len(Kind)
