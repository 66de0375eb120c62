"""石桥村 through two months: money granted, points awarded, redeemed and settled, by three of the staff."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from typing import Self
from uuid import UUID, uuid5

from sqlalchemy import Connection

from ledger.book.store import post
from ledger.book.values import FUND, Kind, TransferRequest, household_account, shop_account
from ledger.people.memberships import grant_role
from ledger.shop.goods import all_goods, move_stock
from ledger.shop.goods_import import GoodsImporter
from ledger.shop.money import ask, confirm
from ledger.shop.money_rules import MoneyKind, MoneyRequest, MoneyWish
from ledger.shop.money_sheet import MonthSheet, Standing, month_sheet, standing
from ledger.staff.roles import Role
from schemas.refusals import Refusal
from tests.fakes.award_scene import CHEN, LI, ZHOU, Scene
from tests.fakes.shop_scene import GOODS, SOAP, SOY

NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
_NAMES = UUID("00000000-0000-7000-8000-0000000a0e70")


@dataclass
class MoneyScene(Scene):
    """李秀文 is village admin, 周玉兰 supervisor, 陈建国 nothing of the kind."""

    _papers: count[int] = field(default_factory=lambda: count(1))

    def furnish(self) -> Self:
        """Households, rule book, staff and goods, in November."""
        super().furnish()
        now, village = self.clock.now(), self.village

        def work(tx: Connection) -> None:
            GoodsImporter().apply(tx, village, GOODS.encode(), now, "import")
            grant_role(tx, village.village_id, LI, Role.VILLAGE_ADMIN)
            grant_role(tx, village.village_id, ZHOU, Role.SUPERVISOR)

        self.database.write(work)
        return self

    def id(self) -> UUID:
        """The next one."""
        return uuid5(_NAMES, str(next(self._papers)))

    def ask(self, wish: MoneyWish, by: int = LI, request_id: UUID | None = None) -> MoneyRequest | Refusal:
        now, id_ = self.clock.now(), request_id or self.id()
        return self.database.write(lambda tx: ask(tx, self.village, wish, request_id=id_, by=by, now=now))

    def asked(self, wish: MoneyWish, by: int = LI) -> MoneyRequest:
        """A request that was taken."""
        done = self.ask(wish, by)
        assert isinstance(done, MoneyRequest), done
        return done

    def confirm(self, request: MoneyRequest, by: int = ZHOU) -> MoneyRequest | Refusal:
        now = self.clock.now()
        return self.database.write(lambda tx: confirm(tx, self.village, request.request_id, by=by, now=now))

    def done(self, wish: MoneyWish) -> MoneyRequest:
        """Asked by one and confirmed by another."""
        done = self.confirm(self.asked(wish))
        assert isinstance(done, MoneyRequest), done
        return done

    def grant(self, amount: int, source: str = "村集体分红") -> MoneyRequest:
        return self.done(MoneyWish(MoneyKind.GRANT, amount, source))

    def settle(self, amount: int) -> MoneyRequest:
        return self.done(MoneyWish(MoneyKind.SETTLEMENT, amount))

    def award(self, household: str, amount: int, item: str = "VO01", *, over_limit: bool = False) -> None:
        """Points after notice, with the document that crediting writes."""
        self._post(
            Kind.AWARD, FUND, household_account(household), amount,
            document={"version": 1, "item": item}, second=f"staff:{CHEN}", over_limit=over_limit,
        )  # fmt: skip

    def spend(self, household: str, *lines: tuple[str, int]) -> None:
        """Goods for points, off the shelf."""
        id_, now, village_id = self.id(), self.clock.now(), self.village.village_id

        def work(tx: Connection) -> None:
            price = {good.barcode: good.price for good in all_goods(tx, village_id)}
            total = sum(price[barcode] * pieces for barcode, pieces in lines)
            sale = TransferRequest(
                id_, Kind.REDEMPTION, household_account(household), shop_account(), total, self.village.today(now), "kiosk:1", id_
            )  # fmt: skip
            assert post(tx, village_id, [sale], now=now)[0].posted
            move_stock(tx, village_id, id_, "redeemed", [(barcode, -pieces) for barcode, pieces in lines], now)

        self.database.write(work)

    def two_months(self) -> None:
        """November: 3,000 granted, 58 from old books, 120 awarded, 20 spent. December: 500 given, 42 awarded, 15 spent, 30 settled."""
        self.grant(3000)
        self.award("0007", 100, "HY03")
        self.award("0012", 20)
        self.spend("0007", (SOY, 2), (SOAP, 2))
        self.clock.set(datetime(2026, 12, 14, 2, 0, tzinfo=UTC))
        self.grant(500, "捐款")
        self.award("0007", 12)
        self.award("0008", 10, "FA02")
        self.award("0011", 20, "CR01")
        self.spend("0012", (SOY, 3))
        self.settle(30)

    def standing(self) -> Standing:
        return self.database.read(lambda tx: standing(tx, self.village))

    def sheet(self, month: date = DECEMBER) -> MonthSheet:
        now = self.clock.now()
        return self.database.read(lambda tx: month_sheet(tx, self.village, month, now))

    def _post(self, kind: Kind, debit: str, credit: str, amount: int, **more: object) -> None:
        id_, now, day = self.id(), self.clock.now(), self.village.today(self.clock.now())
        request = TransferRequest(id_, kind, debit, credit, amount, day, f"staff:{LI}", id_, **more)  # type: ignore[arg-type]
        [outcome] = self.database.write(lambda tx: post(tx, self.village.village_id, [request], now=now))
        assert outcome.posted, outcome
