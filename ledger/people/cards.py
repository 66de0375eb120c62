"""Cards: issued, first scanned, replaced, lost. A token is known only to the paper; here is its hash."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, bindparam, insert, select, update

from ledger.people.store import Household, all_households
from ledger.people.tables import cards
from ledger.villages.store import Village
from schemas.tokens import TOKEN_BYTES, make_token
from schemas.tokens import token_hash as hash_of

ACTIVE, REPLACED, LOST = "active", "replaced", "lost"
LOWEST_NUMBER, NUMBERS = 100_000, 900_000  # six digits, none of them a leading zero


@dataclass(frozen=True, slots=True)
class Card:
    """A card by its printed number (six digits). ``state`` is active, replaced or lost; ``tail`` its last four digits."""

    number: str
    household_id: int
    state: str
    token_hash: bytes
    issued_at: datetime
    first_scanned_at: datetime | None
    ended_at: datetime | None

    @property
    def tail(self) -> str:
        """The last four digits of the printed number."""
        return self.number[-4:]


@dataclass(frozen=True, slots=True)
class IssuedCard:
    """A new card with its token: for the paper, and for nothing else. The token is kept out of every repr and log."""

    number: str
    token: str = field(repr=False)
    household: Household


def card_by_hash(tx: Connection, village_id: int, token_hash: bytes) -> Card | None:
    """The card whose token has that SHA-256, whatever its state, or None."""
    found = _cards(tx, (cards.c.village_id == village_id) & (cards.c.token_hash == token_hash))
    return found[0] if found else None


def cards_by_hash(tx: Connection, village_id: int, hashes: Collection[bytes]) -> dict[bytes, Card]:
    """The cards whose tokens have these SHA-256s, whatever their state, by hash."""
    found = tx.execute(_HASHED, {"village": village_id, "hashes": list(hashes)}).mappings() if hashes else ()
    return {row["token_hash"]: _card(row) for row in found}


def card_by_number(tx: Connection, village_id: int, number: str) -> Card | None:
    """The card with that printed number, or None."""
    found = _cards(tx, (cards.c.village_id == village_id) & (cards.c.number == number))
    return found[0] if found else None


def cards_of(tx: Connection, village_id: int, household_id: int) -> list[Card]:
    """A household's cards, newest first."""
    return _cards(tx, (cards.c.village_id == village_id) & (cards.c.household_id == household_id))


def all_cards(tx: Connection, village_id: int) -> list[Card]:
    """Every card of the village with its hash, newest first."""
    return _cards(tx, cards.c.village_id == village_id)


def households_without_card(tx: Connection, village_id: int) -> list[Household]:
    """Open households that have no card that works, by number."""
    having = {card.household_id for card in all_cards(tx, village_id) if card.state == ACTIVE}
    there = all_households(tx, village_id)
    return [household for household in there if not household.closed and household.household_id not in having]


def issue_cards(
    tx: Connection,
    village: Village,
    household_ids: Sequence[int],
    *,
    by: str,
    now: datetime,
    random_bytes: Callable[[int], bytes],
) -> list[IssuedCard]:
    """One new card a household, in the order given; its older cards work until the new one is first scanned.

    LookupError for a household that is not there or is closed; nothing is written then.
    """
    known = {one.household_id: one for one in all_households(tx, village.village_id) if not one.closed}
    if missing := [household_id for household_id in household_ids if household_id not in known]:
        raise LookupError(f"no open household {missing[0]}")
    taken = set(tx.execute(select(cards.c.number).where(cards.c.village_id == village.village_id)).scalars())
    issued: list[IssuedCard] = []
    for household_id in dict.fromkeys(household_ids):
        number = _free_number(taken, random_bytes)
        taken.add(number)
        issued.append(IssuedCard(number, make_token(village.code, random_bytes(TOKEN_BYTES)), known[household_id]))
    if issued:
        tx.execute(insert(cards), [_row(village.village_id, card, by, now) for card in issued])
    return issued


def card_scanned(tx: Connection, village_id: int, token_hash: bytes, now: datetime) -> None:
    """Note a scan. The first scan of a new card stops the household's older ones; any other scan changes nothing."""
    card = card_by_hash(tx, village_id, token_hash)
    if card is None or card.state != ACTIVE or card.first_scanned_at is not None:
        return
    here = cards.c.village_id == village_id
    tx.execute(update(cards).where(here, cards.c.number == card.number).values(first_scanned_at=now))
    older = (cards.c.household_id == card.household_id) & (cards.c.issued_at < card.issued_at)
    tx.execute(update(cards).where(here, older, cards.c.state == ACTIVE).values(state=REPLACED, ended_at=now))


def report_lost(tx: Connection, village_id: int, number: str, now: datetime) -> Card | None:
    """Stop a card at once (挂失) and return it as it now stands; reporting again changes nothing. None when there is none."""
    card = card_by_number(tx, village_id, number)
    if card is None or card.state == LOST:
        return card
    same = (cards.c.village_id == village_id) & (cards.c.number == number)
    tx.execute(update(cards).where(same).values(state=LOST, ended_at=card.ended_at or now))
    return card_by_number(tx, village_id, number)


_HASHED = select(cards).where(
    cards.c.village_id == bindparam("village"), cards.c.token_hash.in_(bindparam("hashes", expanding=True))
)
_FIELDS = tuple(Card.__dataclass_fields__)


def _cards(tx: Connection, condition: ColumnElement[bool]) -> list[Card]:
    query = select(cards).where(condition).order_by(cards.c.issued_at.desc(), cards.c.number)
    return [_card(row) for row in tx.execute(query).mappings()]


def _card(row: RowMapping) -> Card:
    return Card(**{name: row[name] for name in _FIELDS})


def _free_number(taken: set[str], random_bytes: Callable[[int], bytes]) -> str:
    while True:
        number = str(LOWEST_NUMBER + int.from_bytes(random_bytes(8)) % NUMBERS)
        if number not in taken:
            return number


def _row(village_id: int, card: IssuedCard, by: str, now: datetime) -> dict[str, Any]:
    return {
        "village_id": village_id, "number": card.number, "household_id": card.household.household_id,
        "token_hash": hash_of(card.token), "state": ACTIVE, "issued_at": now, "issued_by": by,
        "first_scanned_at": None, "ended_at": None,
    }  # fmt: skip
