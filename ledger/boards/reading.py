"""What a card, a receipt or a village's board shows. One snapshot a page; nothing here writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from ledger.awards.reading import Pending, claims_by_id
from ledger.awards.store import on_notice
from ledger.awards.values import Claim
from ledger.awards.words import deed_text
from ledger.boards.tokens import hash_and_village
from ledger.book.proofs import prove
from ledger.book.reading import StatementLine, account_of, last_lines
from ledger.book.seals import Seal, newest_seal
from ledger.book.values import Account, Kind, household_account
from ledger.people.cards import Card, card_by_hash
from ledger.people.store import Household, household_by_id
from ledger.shop.redemptions import redemption_by_receipt, redemptions_by_ids
from ledger.shop.values import Redemption
from ledger.villages.store import Village
from schemas.tokens import CodeKind

LINES = 5


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the book in the household's words: what for, which way (加分, 兑换, …), and what it left."""

    entry: StatementLine
    what: str
    way: str


@dataclass(frozen=True, slots=True)
class Board:
    """A household's page: account, what hangs on notice, and the newest lines."""

    village: Village
    household: Household
    account: Account
    pending: Sequence[Pending]
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class EndedCard:
    """A card that no longer opens anything; whose it was is not told, for it may be in other hands."""

    village: Village
    card: Card


@dataclass(frozen=True, slots=True)
class ReceiptBoard:
    """A receipt's page: what was redeemed, and the newest checkpoint that covers it (None: not sealed yet)."""

    village: Village
    redemption: Redemption
    seal: Seal | None


def board_of_card(tx: Connection, token: str) -> Board | EndedCard | None:
    """What the card with that token opens. None for a token that is malformed, unknown or another village's: all look the same."""
    digest, village = hash_and_village(tx, token, CodeKind.CARD)
    card = card_by_hash(tx, village.village_id if village else 0, digest)
    if village is None or card is None:
        return None
    household = household_by_id(tx, village.village_id, card.household_id)
    if card.state != "active" or household is None or household.closed:
        return EndedCard(village, card)
    code = household_account(household.number)
    newest = last_lines(tx, village.village_id, code, limit=LINES)
    return Board(
        village=village,
        household=household,
        account=account_of(tx, village.village_id, code),
        pending=on_notice(tx, village.village_id, household.household_id),
        lines=_in_words(tx, village.village_id, newest),
    )


def board_of_receipt(tx: Connection, token: str) -> ReceiptBoard | None:
    """The redemption whose receipt has that token. None when it is not in the book, or not here: the words are the same."""
    digest, village = hash_and_village(tx, token, CodeKind.RECEIPT)
    found = redemption_by_receipt(tx, village.village_id if village else 0, digest)
    if village is None or found is None:
        return None
    return ReceiptBoard(village, found, newest_seal(tx, village.village_id, at_least=found.seq))


def proof_of(tx: Connection, board: ReceiptBoard) -> str | None:
    """The receipt's .tlog-proof against its seal, without the document; None before a checkpoint covers it."""
    if board.seal is None:
        return None
    return prove(tx, board.village.village_id, board.redemption.seq, board.seal.note).text


def _in_words(tx: Connection, village_id: int, newest: Sequence[StatementLine]) -> list[Line]:
    ids = [line.reverses or line.id for line in newest]
    claims, sales = claims_by_id(tx, village_id, ids), redemptions_by_ids(tx, village_id, ids)
    return [Line(line, *_words(line, claims, sales)) for line in newest]


def _words(line: StatementLine, claims: Mapping[UUID, Claim], sales: Mapping[UUID, Redemption]) -> tuple[str, str]:
    """What for, and which way."""
    source = line.reverses or line.id
    if source in sales:
        goods = "、".join(f"{one.name} {one.quantity} {one.unit}" for one in sales[source].lines)
        return (f"{goods}，退了", "退回") if line.reverses else (goods, "兑换")
    if source in claims:
        claim = claims[source]
        what = deed_text(claim.told_to_household, claim.quantity, claim.unit)
        return (f"改正：{what}", "改正") if line.reverses else (what, "加分")
    return _PLAIN.get(line.kind, ("改正", "改正"))


_PLAIN = {
    Kind.OPENING: ("原来本子上的分", "转来"),
    Kind.DEDUCTION: ("扣分", "扣分"),
    Kind.SPLIT: ("分户", "转账"),
    Kind.MERGE: ("并户", "转账"),
    Kind.CLEAR: ("年底清分", "清分"),
    Kind.AWARD: ("加分", "加分"),
    Kind.REDEMPTION: ("换东西", "兑换"),
}
