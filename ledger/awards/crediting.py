"""Credit: what time does to a notice. One unit of work for all lines that are due; safe to run twice and late."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from ledger.awards.caps import Allowance
from ledger.awards.counting import allowances_at_credit
from ledger.awards.reading import agreed_by, due_claims
from ledger.awards.rows import change_claim
from ledger.awards.values import Claim, ClaimState, Credited
from ledger.book.deciding import Standing, decide
from ledger.book.store import load_accounts, lock_book, post
from ledger.book.values import FUND, GRANT, Kind, Outcome, TransferRequest, household_account
from ledger.villages.store import Village
from schemas.refusals import Refusal


def credit_due(tx: Connection, village: Village, now: datetime) -> list[Credited]:
    """Post every line whose notice is over, and say what became of each, in the order in which they were reviewed.

    A line that the book would refuse (household closed, issue limit reached) is not sent to it: an outcome is frozen for
    ever, but the reason may pass. It stays on notice, ``held``, for the next run.
    """
    lock_book(tx, village.village_id)
    due = due_claims(tx, village.village_id, now)
    allowed = allowances_at_credit(tx, village.village_id, due)
    requests = _requests(tx, village.village_id, due, allowed)
    held = _held(tx, village.village_id, requests)
    sent = [request for request in requests if request.id not in held]
    outcomes = {outcome.id: outcome for outcome in post(tx, village.village_id, sent, now=now)}
    credited = [
        Credited(claim, 0, None, None, held[claim.claim_id])
        if claim.claim_id in held
        else _credited(claim, allowed[claim.claim_id].points, outcomes.get(claim.claim_id))
        for claim in due
    ]
    _mark(tx, village.village_id, credited, now)
    return credited


def _requests(
    tx: Connection, village_id: int, due: Sequence[Claim], allowed: Mapping[UUID, Allowance]
) -> list[TransferRequest]:
    """An award for each line that is worth a point. The id is the claim's: crediting again cannot move anything."""
    agreed = agreed_by(tx, village_id, [claim.claim_id for claim in due])
    return [
        TransferRequest(
            id=claim.claim_id,
            kind=Kind.AWARD,
            debit=FUND,
            credit=household_account(claim.household),
            amount=allowed[claim.claim_id].points,
            done_on=claim.done_on,
            actor=f"staff:{claim.recorded_by}",
            second=f"staff:{agreed[claim.claim_id][-1]}",
            document_id=claim.claim_id,
            document=_document(claim, allowed[claim.claim_id].points),
        )
        for claim in due
        if allowed[claim.claim_id].points
    ]


def _document(claim: Claim, points: int) -> dict[str, str | int | None]:
    """What the award stands on. No names: the note is there as a hash only, so that it can be erased beside the log."""
    return {
        "claim": claim.number,
        "version": claim.version,
        "item": claim.item,
        "quantity": claim.quantity,
        "asked_points": claim.asked_points,
        "points": points,
        "notice": claim.notice_id,
        "note_sha256": hashlib.sha256(claim.note.encode()).hexdigest() if claim.note else None,
    }


def _held(tx: Connection, village_id: int, requests: Sequence[TransferRequest]) -> dict[UUID, Refusal]:
    """The book's own decision, asked beforehand on the same locked accounts."""
    codes = {GRANT, FUND, *(request.credit for request in requests)}
    decided = zip(requests, decide(requests, Standing(load_accounts(tx, village_id, codes))), strict=True)
    return {request.id: decision for request, decision in decided if isinstance(decision, Refusal)}


def _credited(claim: Claim, points: int, outcome: Outcome | None) -> Credited:
    return Credited(claim, points, outcome.seq if outcome else None, outcome.credit_balance if outcome else None)


def _mark(tx: Connection, village_id: int, credited: Sequence[Credited], now: datetime) -> None:
    for line in credited:
        if line.held is None:
            values = {"state": ClaimState.CREDITED.value, "state_at": now, "points": line.points}
            change_claim(tx, village_id, line.claim.claim_id, **values, credited_seq=line.seq)
