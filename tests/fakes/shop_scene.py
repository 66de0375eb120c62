"""石桥村 with goods on the shelf, households with points and cards, and a kiosk or two: what the shop's tests stand on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Self

from ledger.book.reading import account_of, total_of_accounts
from ledger.book.values import household_account, shop_account
from ledger.kiosks.enrolment import enrol, make_code
from ledger.kiosks.intake import Forked, Gap, Revoked, Taken, check_upload, take
from ledger.kiosks.store import kiosk_by_id
from ledger.people.cards import issue_cards
from ledger.people.households_import import HouseholdsImporter
from ledger.people.rows import COLUMNS as HOUSEHOLD_COLUMNS
from ledger.people.store import Household, household_by_number
from ledger.shop.goods import all_goods, stock_by_moves
from ledger.shop.goods_import import GoodsImporter
from ledger.storage.database import Database
from ledger.villages.store import Village, open_cases
from schemas.kiosk_api import EnrolRequest, EntryOutcome, Upload
from tests.conftest import FixedClock
from tests.fakes.kiosk_pen import KioskPen

SOAP, SOY, RICE, OIL, LAST = "2000000000015", "2000000000053", "2000000000060", "2000000000077", "2000000000152"
DISH = "2000000000022"
GOODS = f"""条码,品名,单位,积分,库存,类别
{SOAP},香皂,块,5,40,日用
{DISH},洗洁精,瓶,14,30,日用
{SOY},酱油,瓶,5,40,调味
{RICE},大米 5kg,袋,39,60,粮油
{OIL},玉米油 5L,桶,85,0,粮油
{LAST},书包,个,5,1,文具
"""
HOUSEHOLDS = "\n".join(
    [
        ",".join(HOUSEHOLD_COLUMNS),
        "0007,汤勇芳,第1网格,1组,5,0,,60,",
        "0011,阎明,第1网格,1组,3,1,,12,",
        "0012,欧阳修文,第1网格,2组,2,0,,200,",
    ]
)


@dataclass
class Scene:
    """The village and what can be done in it, each in its own unit of work."""

    database: Database
    village: Village
    clock: FixedClock
    cards: dict[str, str] = field(default_factory=dict)
    _chance: Callable[[], int] = field(default_factory=lambda: count(1).__next__)

    def random_bytes(self, size: int) -> bytes:
        """Different every time, the same in every run."""
        return hashlib.shake_256(str(self._chance()).encode()).digest(size)

    def furnish(self) -> Self:
        """Goods, households with their opening points, and a card each."""
        self.import_goods(GOODS)
        now = self.clock.now()
        self.database.write(lambda tx: HouseholdsImporter().apply(tx, self.village, HOUSEHOLDS.encode(), now, "import"))
        for number in ("0007", "0011", "0012"):
            self.cards[number] = self.new_card(number)
        return self

    def import_goods(self, text: str) -> str:
        """Import a goods list; what it said."""
        now = self.clock.now()
        return self.database.write(
            lambda tx: GoodsImporter().apply(tx, self.village, text.encode(), now, "import")
        ).summary

    def new_card(self, number: str) -> str:
        """Issue a card; its token."""
        household = self.household(number).household_id
        now = self.clock.now()
        [card] = self.database.write(
            lambda tx: issue_cards(tx, self.village, [household], by="staff:1", now=now, random_bytes=self.random_bytes)
        )
        return card.token

    def household(self, number: str) -> Household:
        found = self.database.read(lambda tx: household_by_number(tx, self.village.village_id, number))
        assert found is not None
        return found

    def enrolled(self) -> KioskPen:
        """A new kiosk's pen."""
        pen = KioskPen(village=self.village.code, wall=self.clock.now())
        now = self.clock.now()
        made = self.database.write(
            lambda tx: make_code(tx, self.village, by="staff:1", now=now, random_bytes=self.random_bytes)
        )
        request = EnrolRequest(code=made.code, public_key=pen.public_key, version="test")
        answer = self.database.write(lambda tx: enrol(tx, request, now=now, random_bytes=self.random_bytes))
        assert answer is not None
        pen.kiosk = answer.kiosk
        return pen

    def send(self, pen: KioskPen, upload: Upload | None = None) -> Taken | Gap | Forked | Revoked:
        """Send a journal (all of it) as the API does."""
        upload = upload or pen.upload()
        kiosk = self.database.read(lambda tx: kiosk_by_id(tx, self.village.village_id, pen.kiosk))
        assert kiosk is not None
        check_upload(self.village, kiosk, upload)
        now = self.clock.now()
        return self.database.write(lambda tx: take(tx, self.village, pen.kiosk, upload.entries, now))

    def outcomes(self, pen: KioskPen, upload: Upload | None = None) -> list[EntryOutcome]:
        """Send, and what became of each entry."""
        taken = self.send(pen, upload)
        assert isinstance(taken, Taken)
        return list(taken.outcomes)

    def balance(self, number: str) -> int:
        code = household_account(number)
        return self.database.read(lambda tx: account_of(tx, self.village.village_id, code)).balance

    def shop_balance(self) -> int:
        return self.database.read(lambda tx: account_of(tx, self.village.village_id, shop_account())).balance

    def stock(self, barcode: str) -> int:
        goods = self.database.read(lambda tx: all_goods(tx, self.village.village_id))
        return next(good.stock for good in goods if good.barcode == barcode)

    def cases(self) -> list[tuple[str, str | None]]:
        """Kinds and households of what a person has to look at."""
        found = self.database.read(lambda tx: open_cases(tx, self.village.village_id))
        return [(case.kind, case.household) for case in found]

    def adds_up(self) -> bool:
        """The book's sum is 0 and every stock is the sum of its moves."""
        village_id = self.village.village_id
        goods = self.database.read(lambda tx: all_goods(tx, village_id))
        moves = self.database.read(lambda tx: stock_by_moves(tx, village_id))
        total = self.database.read(lambda tx: total_of_accounts(tx, village_id))
        return total == 0 and all(good.stock == moves.get(good.barcode, 0) for good in goods)
