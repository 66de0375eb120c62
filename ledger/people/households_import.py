"""Households from a list: new ones get an account and their opening points, known ones are brought up to date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import Connection, select

from ledger.book.store import lock_book, post
from ledger.book.tables import transfers
from ledger.book.values import FUND, Kind, Outcome, TransferRequest, household_account
from ledger.people.importing import Applied, Preview
from ledger.people.rows import COLUMNS, OPENING, HouseholdRow, Plan, household_rows, plan
from ledger.people.store import add_households, all_households, change_household
from ledger.villages.store import Village
from schemas.points import points_text
from schemas.problems import BrokenContract, Fault
from schemas.refusals import RefusalCode, words

_OPENINGS = UUID("8a3c2f0e-52d3-5b0b-9a55-3f1f3b0a4d10")  # never to change: the ids of all opening transfers hang on it


class HouseholdsImporter:
    """The household list as something to import."""

    kind = "households"
    title = "户名册"
    accept = ".csv"
    columns = "、".join(COLUMNS)

    def preview(self, tx: Connection, village: Village, data: bytes) -> Preview:
        """What ``apply`` would do: counts, and each household that would change."""
        try:
            found = _plan(tx, village, data)
        except BrokenContract as broken:
            return Preview("还一户都没导", moves=False, faults=broken.faults)
        return Preview(_counts(found, village), moves=bool(found.new or found.changed), changes=found.changes)

    def apply(self, tx: Connection, village: Village, data: bytes, now: datetime, actor: str) -> Applied:
        """Add, change, and post the opening points of what is new, in one unit of work."""
        lock_book(tx, village.village_id)
        found = _plan(tx, village, data)
        add_households(tx, village.village_id, found.new, now)
        for row in found.changed:
            change_household(tx, village.village_id, row)
        requests = [_opening(village, row, now, actor) for row in found.new if row.opening > 0]
        refused = [outcome for outcome in post(tx, village.village_id, requests, now=now) if not outcome.posted]
        if refused:
            raise BrokenContract([_refused(outcome, village) for outcome in refused])
        return Applied(_counts(found, village))


def opening_id(village_code: str, number: str) -> UUID:
    """The id of a household's opening transfer: the same for ever, so that it is posted at most once."""
    return uuid5(_OPENINGS, f"{village_code}/{number}")


def openings(tx: Connection, village: Village, numbers: Iterable[str]) -> dict[str, int]:
    """Opening points in the book by household number, minor unit; households without are absent."""
    wanted = {opening_id(village.code, number): number for number in numbers}
    query = select(transfers.c.id, transfers.c.amount).where(
        transfers.c.village_id == village.village_id, transfers.c.kind == Kind.OPENING.value
    )
    return {wanted[row.id]: row.amount for row in tx.execute(query) if row.id in wanted}


def _plan(tx: Connection, village: Village, data: bytes) -> Plan:
    rows = household_rows(data, village.decimals)
    known = all_households(tx, village.village_id)
    return plan(rows, known, openings(tx, village, [household.number for household in known]), village.decimals)


def _counts(found: Plan, village: Village) -> str:
    counts = f"新的 {len(found.new)} 户，已经有的 {found.known} 户，要改的 {len(found.changed)} 户"
    total = sum(row.opening for row in found.new)
    return f"{counts}；期初共 {points_text(total, village.decimals)} 分" if total else counts


def _refused(outcome: Outcome, village: Village) -> Fault:
    """The book said no (only an issue limit can): the whole list waits."""
    code = RefusalCode.of(outcome.code)
    return Fault(OPENING, words(f"{code.seen}。{code.next_step}", outcome.figures, decimals=village.decimals))


def _opening(village: Village, row: HouseholdRow, now: datetime, actor: str) -> TransferRequest:
    document: Mapping[str, str | int] = {"kind": "opening", "household": row.number, "amount": row.opening}
    id_ = opening_id(village.code, row.number)
    return TransferRequest(
        id=id_, kind=Kind.OPENING, debit=FUND, credit=household_account(row.number), amount=row.opening,
        done_on=village.today(now), actor=actor, document_id=id_, document=document,
    )  # fmt: skip
