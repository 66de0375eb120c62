"""What a counter asks with a line: a household's passbook, whether a PIN is right, and the book's seal for the day-close slip."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Connection

from ledger.awards.reading import claims_by_id
from ledger.awards.values import Claim
from ledger.book.checkpoints import KeyLost, sign_checkpoint
from ledger.book.keys import KeyFolder
from ledger.book.reading import StatementLine, account_of, book_head, last_lines
from ledger.book.seals import words_of
from ledger.book.values import Kind, household_account
from ledger.people.pins import household_pin_hash
from ledger.people.store import household_by_number
from ledger.shop.redemptions import redemptions_by_ids
from ledger.shop.values import Redemption
from ledger.staff.passwords import password_matches
from ledger.staff.rules import tries_left, wait_minutes
from ledger.staff.throttle import clear, count_miss, throttle_of
from ledger.villages.store import Village, open_case_count
from ledger.web.services import Services
from schemas.kiosk_api import Passbook, PassbookLine, PinAnswer, PinRequest, Seal
from schemas.notes import read_checkpoint
from schemas.slip import slip_text

LINES, LONGEST_WORDS = 15, 20
_PLAIN = {
    Kind.OPENING: "期初积分",
    Kind.AWARD: "加分",
    Kind.DEDUCTION: "扣分",
    Kind.REDEMPTION: "兑换",
    Kind.SPLIT: "分户",
    Kind.MERGE: "并户",
    Kind.CLEAR: "年底清分",
}


def read_passbook(tx: Connection, village: Village, number: str) -> Passbook | None:
    """The last 15 lines of a household, newest first; None when there is no such household."""
    household = household_by_number(tx, village.village_id, number)
    if household is None:
        return None
    code = household_account(number)
    newest = last_lines(tx, village.village_id, code, limit=LINES)
    ids = [line.reverses or line.id for line in newest]
    claims, sales = claims_by_id(tx, village.village_id, ids), redemptions_by_ids(tx, village.village_id, ids)
    lines = [
        PassbookLine(
            day=line.done_on,
            words=_words(line, claims, sales)[:LONGEST_WORDS],
            amount=line.amount,
            balance=line.balance,
        )
        for line in newest
    ]
    balance = account_of(tx, village.village_id, code).balance
    return Passbook(household=number, seq=book_head(tx, village.village_id)[0], balance=balance, lines=lines)


def check_pin(given: Services, village: Village, asked: PinRequest) -> PinAnswer:
    """Whether the PIN is right. A miss is written down before the answer; five lock the PIN for a minute, then longer."""
    key, now = f"pin:{village.code}:{asked.household}", given.wall.now()

    def known(tx: Connection) -> tuple[str | None, int]:
        household = household_by_number(tx, village.village_id, asked.household)
        stored = household_pin_hash(tx, village.village_id, household.household_id) if household else None
        return stored, wait_minutes(throttle_of(tx, key), now)

    stored, locked = given.database.read(known)
    if stored is None:
        return PinAnswer(ok=False, unset=True)
    if locked:
        return PinAnswer(ok=False, locked_minutes=locked)
    counted = given.database.write(lambda tx: count_miss(tx, key, now))
    if password_matches(stored, asked.pin):
        given.database.write(lambda tx: clear(tx, key))
        return PinAnswer(ok=True, tries=tries_left(counted) + 1)
    return PinAnswer(ok=False, tries=tries_left(counted), locked_minutes=wait_minutes(counted, now))


def seal_book(given: Services, village: Village) -> Seal:
    """The book signed as it is. SigningFault when a person has to act first."""
    folder, now = KeyFolder(given.settings.log_key_dir), given.clock.now()
    note = sign_checkpoint(
        given.database, village.village_id, village.code, folder, now=now, random_bytes=given.random_bytes
    )
    key = folder.load(village.code)
    if key is None:
        raise KeyLost(f"{village.code} 的封账密钥刚刚不见了")
    signed = read_checkpoint(note.text)
    waiting = given.database.read(lambda tx: open_case_count(tx, village.village_id))
    return Seal(
        size=signed.size,
        sealed_at=now,
        slip=slip_text(village.base, note, key.signer.verifier),
        words=list(words_of(signed.root)),
        to_look_at=waiting,
    )


def _words(line: StatementLine, claims: Mapping[UUID, Claim], sales: Mapping[UUID, Redemption]) -> str:
    source = line.reverses or line.id
    if source in sales:
        return f"{'退回' if line.reverses else '兑换'} {sales[source].number}"
    what = claims[source].told_to_household if source in claims else _PLAIN.get(line.kind, "改正")
    return f"改正 {what}" if line.reverses else what
