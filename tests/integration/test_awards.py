"""From deed to points: claim, review, notice, credit (domain scenarios 1, 7, 10, 11, 12, 13)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import select

from ledger.awards.reading import on_notice
from ledger.awards.reviewing import waiting_for_review
from ledger.awards.store import withdraw_claim
from ledger.awards.values import Claim, ClaimRecorded, ClaimState, Reviewed, Verdict
from ledger.book.store import post, set_account
from ledger.book.tables import documents, transfers
from ledger.book.values import FUND, Kind, TransferRequest, household_account
from ledger.storage.database import Database
from ledger.villages.store import Village
from schemas.problems import BrokenContract, IdReused
from schemas.refusals import Refusal, RefusalCode
from tests.conftest import FixedClock
from tests.fakes.award_scene import CHEN, LI, ZHOU, Scene, rule_book


@pytest.fixture
def scene(database: Database, village: Village, clock: FixedClock) -> Scene:
    return Scene(database, village, clock).furnish()


@pytest.fixture
def two_must_agree(scene: Scene) -> Scene:
    scene.village = replace(scene.village, quorum=2)
    return scene


def refused(done: object) -> RefusalCode:
    assert isinstance(done, Refusal), done
    return done.code


def test_a_deed_of_monday_is_credited_on_friday_and_not_before(scene: Scene, clock: FixedClock) -> None:
    reviewed = scene.review(scene.claim("0007", "VO01"))
    assert isinstance(reviewed, Reviewed)
    assert reviewed.notice is not None
    assert (reviewed.notice.first_day, reviewed.notice.last_day) == (date(2026, 11, 17), date(2026, 11, 19))
    [pending] = scene.database.read(lambda tx: on_notice(tx, scene.village.village_id, scene.household_id("0007")))
    assert (pending.points, scene.village.local(pending.credit_at).isoformat()) == (5, "2026-11-20T00:00:00+08:00")
    clock.advance(days=3, hours=13, minutes=59)  # Thursday 23:59
    assert scene.due() == []
    assert scene.balance("0007") == 20
    clock.advance(minutes=1)
    [line] = scene.due()
    assert (line.points, line.balance) == (5, 25)
    assert scene.balance("0007") == 25
    assert scene.again(line.claim).state is ClaimState.CREDITED
    assert scene.database.read(lambda tx: on_notice(tx, scene.village.village_id, scene.household_id("0007"))) == []
    assert scene.adds_up()


def test_running_the_job_twice_or_late_credits_once(scene: Scene, clock: FixedClock) -> None:
    scene.hang("0007", "VO01")
    clock.advance(days=40)
    assert [line.points for line in scene.due()] == [5]
    assert scene.due() == []
    assert scene.balance("0007") == 25
    assert scene.adds_up()


def test_the_award_in_the_book_names_its_claim_and_two_people_but_no_villager(scene: Scene, clock: FixedClock) -> None:
    claim = scene.hang("0007", "HY03", 2, note="汤勇芳和儿子都去了")
    clock.advance(days=4)
    scene.due()
    query = select(transfers, documents.c.body).join(
        documents, (documents.c.village_id == transfers.c.village_id) & (documents.c.seq == transfers.c.seq)
    )
    row = scene.database.read(lambda tx: tx.execute(query.where(transfers.c.id == claim.claim_id)).one())
    assert (row.kind, row.amount, row.actor, row.second) == ("award", 10, "staff:1", "staff:2")
    assert row.done_on == date(2026, 11, 16)
    body = bytes(row.body).decode()
    assert '"claim":1' in body
    assert '"item":"HY03"' in body
    assert "汤" not in body


def test_everything_reviewed_on_one_day_hangs_on_one_notice(scene: Scene, clock: FixedClock) -> None:
    first, second = scene.hang("0007", "VO01"), scene.hang("0008", "VO02")
    clock.advance(days=1)
    third = scene.hang("0012", "VO01")
    assert (first.notice_id, second.notice_id, third.notice_id) == (1, 1, 2)
    clock.advance(days=3)
    assert [line.claim.number for line in scene.due()] == [first.number, second.number]


def test_a_review_before_midnight_hangs_from_the_villages_next_day(scene: Scene, clock: FixedClock) -> None:
    clock.advance(hours=13, minutes=59)  # 23:59 in the village, 15:59 UTC
    assert scene.hang("0007", "VO01").notice_id == 1
    clock.advance(minutes=1)
    later = scene.review(scene.claim("0008", "VO01"))
    assert isinstance(later, Reviewed)
    assert later.notice is not None
    assert later.notice.first_day == date(2026, 11, 18)


def test_a_month_cap_leaves_two_of_five(scene: Scene, clock: FixedClock) -> None:
    for day in ("2026-11-02", "2026-11-03", "2026-11-04"):
        scene.hang("0008", "VO02", day=day)
    scene.hang("0008", "VO03", 2, day="2026-11-05")  # 30 + 2
    scene.hang("0008", "VO03", 2, day="2026-11-06")
    scene.hang("0008", "VO03", 2, day="2026-11-07")
    scene.hang("0008", "VO03", 2, day="2026-11-08")  # 38
    capped = scene.hang("0008", "VO01")
    assert (capped.asked_points, capped.points, capped.capped) == (5, 2, True)
    assert refused(scene.record(scene.request("0008", "VO02"))) is RefusalCode.CAP_REACHED
    clock.advance(days=4)
    lines = scene.due()
    assert sum(line.points for line in lines) == scene.balance("0008") == 40
    assert [line.points for line in lines if line.claim.number == capped.number] == [2]
    assert scene.adds_up()


def test_what_caps_leave_is_computed_again_at_credit_and_the_lower_holds(scene: Scene, clock: FixedClock) -> None:
    early = scene.claim("0008", "VO01", 5, day="2026-11-03")  # 25 under the first version's cap of 40 a month
    scene.adopt(rule_book(month=30), date(2026, 11, 10))
    late = scene.claim("0008", "VO01", 6, day="2026-11-12")  # 30 under the second version's cap of 30
    assert [scene.review(one).claim.points for one in (late, early)] == [30, 10]  # type: ignore[union-attr]
    clock.advance(days=4)
    credited = {
        line.claim.number: line.points for line in scene.due()
    }  # reviewed at one time: the older claim is first
    assert credited == {early.number: 10, late.number: 20}
    assert (scene.again(late).points, scene.balance("0008")) == (20, 30)


def test_two_claims_waiting_together_cannot_pass_a_cap_between_them(scene: Scene, clock: FixedClock) -> None:
    waiting = [scene.claim("0008", "VO02", day=f"2026-11-0{day}") for day in range(1, 7)]
    assert [scene.review(claim).claim.points for claim in waiting] == [10, 10, 10, 10, 0, 0]  # type: ignore[union-attr]
    clock.advance(days=4)
    lines = scene.due()
    assert [(line.points, line.seq is None) for line in lines[3:]] == [(10, False), (0, True), (0, True)]
    assert {scene.again(claim).state for claim in waiting} == {ClaimState.CREDITED}
    assert scene.balance("0008") == 40


def test_five_hours_at_one_event_count_two_and_stay_five_in_the_record(scene: Scene) -> None:
    hours = scene.hang("0007", "VO03", 5)
    assert (hours.quantity, hours.points) == (5, 2)


def test_one_deed_told_twice_is_recorded_once_unless_a_note_says_why(scene: Scene) -> None:
    first = scene.claim("0007", "VO01", note="村口清沟")
    done = scene.record(scene.request("0007", "VO01"), by=ZHOU)
    assert isinstance(done, Refusal)
    assert (done.code, done.figures) == (RefusalCode.DUPLICATE_CLAIM, {"who": "李秀文", "number": first.number})
    assert scene.claim("0007", "VO01", note="下午又清了村尾那一段").number == 2
    assert scene.claim("0008", "VO01").number == 3


def test_a_rejected_or_withdrawn_claim_is_no_duplicate(scene: Scene, clock: FixedClock) -> None:
    rejected, withdrawn = scene.claim("0007", "VO01"), scene.claim("0008", "VO01")
    scene.review(rejected, verdict=Verdict.REJECT, reason="那天没有清沟")
    now = clock.now()
    scene.database.write(lambda tx: withdraw_claim(tx, scene.village, withdrawn.claim_id, LI, now))
    assert isinstance(scene.record(scene.request("0007", "VO01")), ClaimRecorded)
    assert isinstance(scene.record(scene.request("0008", "VO01")), ClaimRecorded)


def test_one_wedding_counts_once(scene: Scene) -> None:
    scene.hang("0007", "CR01", day="2026-10-05", note="女儿出嫁")
    assert refused(scene.record(scene.request("0007", "CR01"))) is RefusalCode.EVENT_ALREADY_USED
    assert scene.claim("0007", "CR01", note="儿子结婚").asked_points == 20


def test_an_honour_goes_to_one_household_of_a_group_a_year(scene: Scene) -> None:
    scene.hang("0007", "FA02", day="2026-09-01")
    assert refused(scene.record(scene.request("0008", "FA02"))) is RefusalCode.CAP_REACHED
    assert scene.hang("0011", "FA02", day="2026-09-01").points == 10  # another group


def test_a_deed_of_tomorrow_and_an_item_of_later_are_refused(scene: Scene) -> None:
    assert refused(scene.record(scene.request("0007", "VO01", day="2026-11-17"))) is RefusalCode.DAY_NOT_YET
    done = scene.record(scene.request("0007", "VO01", day="2026-07-20"))
    assert isinstance(done, Refusal)
    assert (done.code, done.figures["day"]) == (RefusalCode.ITEM_NOT_IN_FORCE, "8月1日")


def test_a_deed_counts_by_the_rule_book_of_its_day(scene: Scene) -> None:
    scene.adopt(rule_book(without=("VO02",)), date(2026, 11, 10))
    assert scene.claim("0007", "VO02", day="2026-11-09").version == 1
    with pytest.raises(BrokenContract, match="那天的评分表里没有这件事"):
        scene.record(scene.request("0007", "VO02", day="2026-11-11"))


def test_all_faults_of_a_claim_are_told_at_once_and_nothing_is_written(scene: Scene) -> None:
    with pytest.raises(BrokenContract) as broken:
        scene.record(replace(scene.request("0700", "XX99"), quantity=0, note="字" * 300))
    assert [fault.field for fault in broken.value.faults] == ["quantity", "note", "household", "item"]
    assert scene.claim("0007", "VO01").number == 1


def test_the_same_form_sent_twice_is_one_claim(scene: Scene) -> None:
    request = scene.request("0007", "VO01")
    first, second = scene.record(request), scene.record(request)
    assert isinstance(first, ClaimRecorded)
    assert isinstance(second, ClaimRecorded)
    assert (first.repeated, second.repeated, second.claim) == (False, True, first.claim)
    scene.review(first.claim)
    third = scene.record(request)
    assert isinstance(third, ClaimRecorded)
    assert third.claim.state is ClaimState.ON_NOTICE


def test_one_form_id_with_two_contents_is_an_error_and_writes_nothing(scene: Scene) -> None:
    request = scene.request("0007", "VO01")
    scene.record(request)
    for other in (replace(request, quantity=2), replace(request, household="0008"), replace(request, note="别的")):
        with pytest.raises(IdReused):
            scene.record(other)
    with pytest.raises(IdReused):
        scene.record(request, by=ZHOU)


def test_who_recorded_does_not_review(scene: Scene) -> None:
    done = scene.review(scene.claim("0007", "VO01", by=ZHOU), by=ZHOU)
    assert isinstance(done, Refusal)
    assert (done.code, done.figures["who"]) == (RefusalCode.SAME_PERSON, "陈建国")


def test_nobody_reviews_their_own_household(scene: Scene) -> None:
    claim = scene.claim("0011", "VO01")
    done = scene.review(claim, by=CHEN)
    assert isinstance(done, Refusal)
    assert (done.code, done.figures["who"]) == (RefusalCode.OWN_HOUSEHOLD, "周玉兰")
    assert scene.again(claim).state is ClaimState.CLAIMED


def test_only_a_reviewer_reviews(scene: Scene) -> None:
    with pytest.raises(BrokenContract, match="复核员") as broken:
        scene.review(scene.claim("0007", "VO01"), by=LI)
    assert broken.value.status == 403


def test_two_must_agree_before_it_hangs(two_must_agree: Scene) -> None:
    scene, claim = two_must_agree, two_must_agree.claim("0007", "VO01")
    first = scene.review(claim)
    assert isinstance(first, Reviewed)
    assert (first.claim.state, first.still_needed, first.notice) == (ClaimState.CLAIMED, 1, None)
    again = scene.review(claim)  # the same word of the same person is no second voice
    assert isinstance(again, Reviewed)
    assert again.still_needed == 1
    second = scene.review(claim, by=CHEN)
    assert isinstance(second, Reviewed)
    assert (second.claim.state, second.still_needed) == (ClaimState.ON_NOTICE, 0)


def test_one_reasoned_no_rejects_and_a_no_without_a_reason_is_none(two_must_agree: Scene) -> None:
    scene, claim = two_must_agree, two_must_agree.claim("0007", "VO01")
    scene.review(claim)
    with pytest.raises(BrokenContract, match="还没写为什么不同意"):
        scene.review(claim, by=CHEN, verdict=Verdict.REJECT, reason="  ")
    rejected = scene.review(claim, by=CHEN, verdict=Verdict.REJECT, reason="那天没有清沟")
    assert isinstance(rejected, Reviewed)
    assert rejected.claim.state is ClaimState.REJECTED
    assert refused(scene.review(claim, by=ZHOU, verdict=Verdict.REJECT, reason="也觉得")) is RefusalCode.NOT_WAITING


def test_what_hangs_cannot_be_withdrawn_and_only_who_recorded_withdraws(scene: Scene, clock: FixedClock) -> None:
    claim, now = scene.claim("0007", "VO01"), clock.now()
    with pytest.raises(BrokenContract, match="李秀文撤回"):
        scene.database.write(lambda tx: withdraw_claim(tx, scene.village, claim.claim_id, ZHOU, now))
    scene.review(claim)
    done = scene.database.write(lambda tx: withdraw_claim(tx, scene.village, claim.claim_id, LI, now))
    assert refused(done) is RefusalCode.NOT_WAITING
    other = scene.claim("0008", "VO01")
    for _ in range(2):
        gone = scene.database.write(lambda tx: withdraw_claim(tx, scene.village, other.claim_id, LI, now))
        assert isinstance(gone, Claim)
        assert gone.state is ClaimState.WITHDRAWN
    assert refused(scene.review(other)) is RefusalCode.NOT_WAITING


def test_the_list_says_why_one_may_not_review_and_who_may(scene: Scene) -> None:
    scene.claim("0007", "VO01")
    scene.claim("0008", "VO01", by=ZHOU)
    scene.claim("0011", "VO01")
    seen = {
        staff_id: [
            (one.refusal.code if one.refusal else None, one.who)
            for one in scene.database.read(lambda tx, who=staff_id: waiting_for_review(tx, scene.village, who))  # type: ignore[misc]
        ]
        for staff_id in (ZHOU, CHEN)
    }
    assert seen[ZHOU] == [(None, "周玉兰、陈建国"), (RefusalCode.SAME_PERSON, "陈建国"), (None, "周玉兰")]
    assert seen[CHEN] == [(None, "周玉兰、陈建国"), (None, "陈建国"), (RefusalCode.OWN_HOUSEHOLD, "周玉兰")]


def test_a_line_that_the_book_would_refuse_is_held_and_credited_when_the_reason_is_gone(
    scene: Scene, clock: FixedClock
) -> None:
    held, fine = scene.hang("0007", "VO01"), scene.hang("0008", "VO01")
    village_id = scene.village.village_id
    scene.database.write(lambda tx: set_account(tx, village_id, household_account("0007"), closed=True))
    clock.advance(days=4)
    lines = {line.claim.number: line for line in scene.due()}
    assert lines[held.number].held == Refusal(RefusalCode.HOUSEHOLD_CLOSED)
    assert lines[fine.number].points == 5
    assert scene.again(held).state is ClaimState.ON_NOTICE
    scene.database.write(lambda tx: set_account(tx, village_id, household_account("0007"), closed=False))
    assert [line.points for line in scene.due()] == [5]
    assert scene.balance("0007") == 25
    assert scene.adds_up()


def test_an_award_that_was_put_right_gives_its_room_under_the_cap_back(scene: Scene, clock: FixedClock) -> None:
    wrong = scene.hang("0008", "VO01", 8)  # 40
    clock.advance(days=4)
    scene.due()
    assert refused(scene.record(scene.request("0008", "VO02"))) is RefusalCode.CAP_REACHED
    reversal = TransferRequest(
        id=UUID(int=7), kind=Kind.REVERSAL, debit=household_account("0008"), credit=FUND, amount=40,
        done_on=date(2026, 11, 20), actor="staff:2", second="staff:3", document_id=UUID(int=7),
        reverses=wrong.claim_id,
    )  # fmt: skip
    now = clock.now()
    scene.database.write(lambda tx: post(tx, scene.village.village_id, [reversal], now=now))
    assert scene.hang("0008", "VO02").points == 10
