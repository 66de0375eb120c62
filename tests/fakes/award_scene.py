"""石桥村 with a rule book, four households and three of the staff: what the tests of awards and boards stand on."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import count
from typing import Self
from uuid import UUID, uuid5

from sqlalchemy import Connection, insert

from ledger.awards.reading import claim_by_number
from ledger.awards.store import credit_due, record_claim, review_claim
from ledger.awards.values import Claim, ClaimRecorded, ClaimRequest, Credited, Reviewed, Verdict
from ledger.book.reading import account_of, total_of_accounts
from ledger.book.values import household_account
from ledger.book.verify import verify
from ledger.people.households_import import HouseholdsImporter
from ledger.people.memberships import grant_role, set_own_household
from ledger.people.rows import COLUMNS
from ledger.people.store import household_by_number
from ledger.scheme.rulebook_import import adopt_file
from ledger.staff.passwords import hash_password
from ledger.staff.roles import Role
from ledger.staff.tables import staff
from ledger.storage.database import Database
from ledger.villages.store import Village
from schemas.refusals import Refusal
from tests.conftest import FixedClock

PASSWORD = "泥鳅针线花生豆花"
HOUSEHOLDS = "\n".join(
    [
        ",".join(COLUMNS),
        "0007,汤勇芳,第1网格,1组,5,0,,20,",
        "0008,汤红梅,第1网格,1组,3,0,,0,",
        "0011,阎明,第1网格,2组,3,1,,0,",
        "0012,欧阳修文,第2网格,2组,2,0,,38,",
    ]
)
AREAS = {"hygiene": "环境卫生", "custom_reform": "移风易俗", "volunteer": "志愿服务", "family": "家庭美德"}
ITEMS = [
    ("VO01", "volunteer", "义务劳动", 5, "每次", {}, "item"),
    ("HY03", "hygiene", "参加集体清扫", 5, "每人次", {}, "item"),
    ("VO02", "volunteer", "治安巡防", 10, "每次", {}, "item"),
    ("HY01", "hygiene", "月度庭院评比:最清洁", 10, "每月", {"times_per_household_month": 1}, "item"),
    ("VO03", "volunteer", "志愿服务时长", 1, "每小时", {"points_per_household_activity": 2}, "item"),
    ("VO04", "volunteer", "照顾高龄老人、陪医", 10, "每次", {}, "area"),
    ("CR01", "custom_reform", "红白事简办", 20, "每事", {"times_per_event": 1}, "area"),
    ("FA02", "family", "获村级荣誉", 10, "每次", {"times_per_group_year": 1}, "item"),
    ("FA09", "family", "私下调解", 4, "每次", {}, "nothing"),
]
LI, ZHOU, CHEN = 1, 2, 3
STAFF = (
    (LI, "li", "李秀文", (Role.RECORDER,)),
    (ZHOU, "zhou", "周玉兰", (Role.REVIEWER, Role.RECORDER)),
    (CHEN, "chen", "陈建国", (Role.REVIEWER,)),
)
_NAMES = UUID("00000000-0000-7000-8000-00000000a3a2")


def rule_book(*, month: int = 40, without: tuple[str, ...] = ()) -> bytes:
    """The village's rule book as a file."""
    keys = ("code", "area", "name", "points", "unit", "caps", "public")
    book = {
        "name": "积分评分表",
        "decimals": 0,
        "caps": {"points_per_household_month": month},
        "areas": [{"code": code, "name": name} for code, name in AREAS.items()],
        "items": [dict(zip(keys, item, strict=True)) for item in ITEMS if item[0] not in without],
    }
    return json.dumps(book, ensure_ascii=False).encode()


@cache
def password_hash() -> str:
    """Made once: it is slow on purpose."""
    return hash_password(PASSWORD)


@dataclass
class Scene:
    """The village and what can be done in it, each in its own unit of work. 1 李秀文 records; 2 周玉兰 and 3 陈建国 review."""

    database: Database
    village: Village
    clock: FixedClock
    _form: count[int] = field(default_factory=lambda: count(1))

    def furnish(self) -> Self:
        """Households with their opening points, a rule book in force since August, staff; 0011 is 陈建国's own household."""
        now, village = self.clock.now(), self.village

        def work(tx: Connection) -> None:
            HouseholdsImporter().apply(tx, village, HOUSEHOLDS.encode(), now, "import")
            adopt_file(tx, village, rule_book(), now=now, by="staff:1", in_force_from=date(2026, 8, 1))
            for staff_id, login, name, roles in STAFF:
                row = {"staff_id": staff_id, "login": login, "name": name, "created_at": now}
                tx.execute(insert(staff).values(**row, password_hash=password_hash()))
                for role in roles:
                    grant_role(tx, village.village_id, staff_id, role)
            own = household_by_number(tx, village.village_id, "0011")
            assert own is not None
            set_own_household(tx, village.village_id, CHEN, own.household_id)

        self.database.write(work)
        return self

    def adopt(self, book: bytes, day: date) -> None:
        """The next version of the rule book, in force from a day on."""
        now = self.clock.now()
        self.database.write(lambda tx: adopt_file(tx, self.village, book, now=now, by="staff:1", in_force_from=day))

    def request(self, household: str, item: str, quantity: int = 1, day: str = "", note: str = "") -> ClaimRequest:
        """A form that was filled in; each has an id of its own."""
        done_on = date.fromisoformat(day) if day else self.village.today(self.clock.now())
        return ClaimRequest(uuid5(_NAMES, str(next(self._form))), household, item, quantity, done_on, note)

    def record(self, request: ClaimRequest, by: int = LI) -> ClaimRecorded | Refusal:
        now = self.clock.now()
        return self.database.write(lambda tx: record_claim(tx, self.village, request, by, now))

    def claim(self, household: str, item: str, quantity: int = 1, day: str = "", note: str = "", by: int = LI) -> Claim:
        """A claim that was recorded."""
        done = self.record(self.request(household, item, quantity, day, note), by)
        assert isinstance(done, ClaimRecorded), done
        return done.claim

    def review(
        self, claim: Claim, by: int = ZHOU, verdict: Verdict = Verdict.AGREE, reason: str = ""
    ) -> Reviewed | Refusal:
        now = self.clock.now()
        return self.database.write(lambda tx: review_claim(tx, self.village, claim.claim_id, by, verdict, reason, now))

    def hang(self, household: str, item: str, quantity: int = 1, day: str = "", note: str = "") -> Claim:
        """A claim on notice."""
        done = self.review(self.claim(household, item, quantity, day, note))
        assert isinstance(done, Reviewed), done
        return done.claim

    def due(self) -> list[Credited]:
        now = self.clock.now()
        return self.database.write(lambda tx: credit_due(tx, self.village, now))

    def again(self, claim: Claim) -> Claim:
        """The claim as it stands now."""
        found = self.database.read(lambda tx: claim_by_number(tx, self.village.village_id, claim.number))
        assert found is not None
        return found

    def household_id(self, number: str) -> int:
        found = self.database.read(lambda tx: household_by_number(tx, self.village.village_id, number))
        assert found is not None
        return found.household_id

    def balance(self, number: str) -> int:
        code = household_account(number)
        return self.database.read(lambda tx: account_of(tx, self.village.village_id, code)).balance

    def adds_up(self) -> bool:
        """The book's sum is 0 and it verifies from the first transfer on."""
        village_id = self.village.village_id
        total = self.database.read(lambda tx: total_of_accounts(tx, village_id))
        return total == 0 and verify(self.database, village_id).ok
