"""The household list comes in: all of it or nothing, once, in whatever encoding the village's computer writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from ledger.book.reading import account_of, last_lines, total_of_accounts
from ledger.book.tables import accounts, transfers
from ledger.book.values import FUND, Kind, household_account
from ledger.book.verify import verify
from ledger.people.households_import import HouseholdsImporter, opening_id
from ledger.people.importing import Applied, Preview
from ledger.people.store import all_households, find_households, household_by_number
from ledger.people.tables import households
from ledger.storage.database import Database
from ledger.villages.store import Village
from schemas.problems import BrokenContract
from tests.conftest import FixedClock

FILE = Path(__file__).parents[2] / "deploy" / "demo" / "data" / "households.csv"
LIST = FILE.read_text("utf-8")
OPENING_TOTAL = sum(int(line.split(",")[7]) for line in LIST.splitlines()[1:])
IMPORTER = HouseholdsImporter()


class Desk:
    """The import, as the office and the console use it."""

    def __init__(self, database: Database, village: Village, clock: FixedClock) -> None:
        self.database, self.village, self.clock = database, village, clock

    def look(self, data: str | bytes) -> Preview:
        return self.database.read(lambda tx: IMPORTER.preview(tx, self.village, _bytes(data)))

    def bring_in(self, data: str | bytes) -> Applied:
        now = self.clock.now()
        return self.database.write(lambda tx: IMPORTER.apply(tx, self.village, _bytes(data), now, "import"))

    def counts(self) -> tuple[int, int, int]:
        """Households, accounts of households, transfers."""
        queries = (
            select(func.count()).select_from(households),
            select(func.count()).select_from(accounts).where(accounts.c.kind == "household"),
            select(func.count()).select_from(transfers),
        )
        found = self.database.read(lambda tx: [tx.execute(query).scalar_one() for query in queries])
        return found[0], found[1], found[2]

    def balance(self, code: str) -> int:
        return self.database.read(lambda tx: account_of(tx, self.village.village_id, code).balance)


@pytest.fixture
def desk(database: Database, village: Village, clock: FixedClock) -> Desk:
    return Desk(database, village, clock)


def test_a_village_of_220_households_comes_in_with_its_points(desk: Desk) -> None:
    assert desk.bring_in(LIST).summary == f"新的 220 户，已经有的 0 户，要改的 0 户；期初共 {OPENING_TOTAL} 分"
    found = desk.database.read(lambda tx: all_households(tx, desk.village.village_id))
    assert len(found) == 220
    assert sum(one.members for one in found) == 887
    assert desk.balance("household:0007") == 60
    assert desk.balance(FUND) == -OPENING_TOTAL
    assert desk.database.read(lambda tx: total_of_accounts(tx, desk.village.village_id)) == 0
    assert verify(desk.database, desk.village.village_id).ok


def test_importing_again_changes_nothing(desk: Desk) -> None:
    desk.bring_in(LIST)
    before = desk.counts()
    desk.clock.advance(days=40)
    assert desk.look(LIST) == Preview("新的 0 户，已经有的 220 户，要改的 0 户", moves=False)
    assert desk.bring_in(LIST).summary == "新的 0 户，已经有的 220 户，要改的 0 户"
    assert desk.counts() == before
    assert verify(desk.database, desk.village.village_id).ok


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_what_excel_writes_is_the_same_list(desk: Desk, encoding: str) -> None:
    desk.bring_in(LIST)
    assert desk.look(LIST.replace("\n", "\r\n").encode(encoding)) == desk.look(LIST)


def test_looking_writes_nothing(desk: Desk) -> None:
    assert desk.look(LIST).moves
    assert desk.counts() == (0, 0, 0)


def test_the_opening_is_one_transfer_from_the_fund_with_a_fixed_id(desk: Desk) -> None:
    desk.bring_in(LIST)
    (line,) = desk.database.read(lambda tx: last_lines(tx, desk.village.village_id, household_account("0007"), limit=9))
    assert (line.id, line.kind, line.amount) == (opening_id("SQ", "0007"), Kind.OPENING, 60)
    assert str(opening_id("SQ", "0007")) == "f23f228c-33d2-5c1e-869d-de845f56d233"


def test_one_bad_line_keeps_every_line_out(desk: Desk) -> None:
    bad = LIST.replace("0100,", "0099,").replace("0013,叶远长,第1网格,1组,4,1,,20,", "0013,叶远长,第1网格,1组,4,1,,廿,")
    seen = desk.look(bad)
    assert [fault.field for fault in seen.faults] == ["row 14, 期初积分", "row 101, 户号"]
    with pytest.raises(BrokenContract) as broken:
        desk.bring_in(bad)
    assert broken.value.faults == seen.faults
    assert desk.counts() == (0, 0, 0)


def test_a_missing_column_is_named(desk: Desk) -> None:
    (fault,) = desk.look(LIST.replace("期初积分", "积分", 1)).faults[:1]
    assert fault.words.startswith("表头里没有“期初积分”这一列")


def test_new_names_and_counts_are_brought_up_to_date(desk: Desk) -> None:
    desk.bring_in(LIST)
    moved = LIST.replace("0007,汤勇芳,第1网格,1组,5,0,,60,新迁入", "0007,汤小芳,第2网格,3组,6,1,0123,60,")
    seen = desk.look(moved)
    assert seen.summary == "新的 0 户，已经有的 220 户，要改的 1 户"
    assert seen.changes == (
        "0007 户：户主从“汤勇芳”改成“汤小芳”，网格从“第1网格”改成“第2网格”，村民小组从“1组”改成“3组”，人口从“5”改成“6”，"
        "其中儿童从“0”改成“1”，电话后四位从“”改成“0123”，备注从“新迁入”改成“”",
    )
    desk.bring_in(moved)
    found = desk.database.read(lambda tx: household_by_number(tx, desk.village.village_id, "0007"))
    assert found is not None
    assert (found.head_name, found.masked_name, found.initials, found.members) == ("汤小芳", "汤**", "txf", 6)
    assert desk.balance("household:0007") == 60


def test_new_households_come_in_beside_those_that_are_there(desk: Desk) -> None:
    head, *lines = LIST.splitlines(keepends=True)
    desk.bring_in(head + "".join(lines[:100]))
    assert desk.bring_in(LIST).summary.startswith("新的 120 户，已经有的 100 户，要改的 0 户")
    assert desk.counts()[:2] == (220, 220)
    assert desk.balance(FUND) == -OPENING_TOTAL


def test_other_opening_points_for_a_known_household_are_refused_in_words(desk: Desk) -> None:
    desk.bring_in(LIST)
    before = desk.counts()
    changed = LIST.replace("0006,彭德超,第1网格,1组,3,2,,0,", "0006,彭德超,第1网格,1组,3,2,,90,")
    with pytest.raises(BrokenContract, match="0006 户的期初已经入账 0 分，不再改，写回 0"):
        desk.bring_in(changed)
    assert desk.counts() == before


def test_two_villages_with_the_same_list_have_nothing_to_do_with_each_other(
    desk: Desk, make_village: type, database: Database, clock: FixedClock
) -> None:
    desk.bring_in(LIST)
    other = Desk(database, make_village("LT", "柳塘村"), clock)
    assert other.bring_in(LIST).summary.startswith("新的 220 户")
    assert opening_id("SQ", "0007") != opening_id("LT", "0007")


@pytest.mark.parametrize(
    ("text", "numbers"), [("7", ["0007"]), ("汤", ["0007"]), ("tyf", ["0007"]), ("０００７", ["0007"]), ("zzz", [])]
)
def test_a_household_is_found_by_number_name_or_initials(desk: Desk, text: str, numbers: list[str]) -> None:
    desk.bring_in("\n".join(LIST.splitlines()[:9]))
    found = desk.database.read(lambda tx: find_households(tx, desk.village.village_id, text))
    assert [one.number for one in found] == numbers


def _bytes(data: str | bytes) -> bytes:
    return data.encode() if isinstance(data, str) else data
