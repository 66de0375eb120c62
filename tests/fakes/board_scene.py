"""石桥村 with a rule book, a shop and cards: what villagers and cadres look at on the pages."""

from __future__ import annotations

from itertools import count
from typing import Self
from uuid import UUID, uuid5

from ledger.awards.values import Claim
from ledger.book.checkpoints import sign_checkpoint
from ledger.book.keys import KeyFolder
from ledger.book.store import post
from ledger.book.values import FUND, Kind, TransferRequest, household_account
from ledger.people.cards import IssuedCard, issue_cards
from ledger.people.store import household_by_number
from ledger.shop.goods_import import GoodsImporter
from ledger.shop.redemptions import redemption_by_id
from ledger.shop.store import redeem, take_back
from ledger.shop.values import Sale, SaleLine
from schemas.notes import SignedNote
from schemas.tokens import make_token, token_hash
from tests.fakes.award_scene import Scene
from tests.fakes.shop_scene import GOODS

_NAMES = UUID("00000000-0000-7000-8000-0000000b0a2d")


class Shop(Scene):
    """The village with goods, cards and receipts."""

    def open(self) -> Self:
        """Furnished, with goods on the shelf."""
        self.furnish()
        self._chance = count(1)
        self._sales = count(1)
        now = self.clock.now()
        self.database.write(lambda tx: GoodsImporter().apply(tx, self.village, GOODS.encode(), now, "import"))
        return self

    def random_bytes(self, size: int) -> bytes:
        return next(self._chance).to_bytes(size)

    def card(self, number: str) -> IssuedCard:
        ids, now = [self.household_id(number)], self.clock.now()
        [card] = self.database.write(
            lambda tx: issue_cards(tx, self.village, ids, by="staff:1", now=now, random_bytes=self.random_bytes)
        )
        return card

    def sell(self, number: str, *lines: tuple[str, int, int]) -> tuple[Sale, str]:
        """A redemption and its receipt's token."""
        place, now = next(self._sales), self.clock.now()
        token = make_token("SQ", place.to_bytes(17))
        household = self.database.read(lambda tx: household_by_number(tx, self.village.village_id, number))
        assert household is not None
        sale = Sale(
            id=uuid5(_NAMES, str(place)), number=f"1-{place:06}", household=household,
            lines=tuple(SaleLine(*line) for line in lines), receipt_hash=token_hash(token), actor="kiosk:1", clerk="03",
            at=now,
        )  # fmt: skip
        outcome = self.database.write(lambda tx: redeem(tx, self.village, sale, now=now, below_floor=False))
        assert outcome.posted
        return sale, token

    def seal(self, folder: KeyFolder) -> SignedNote:
        """The book as it is, signed."""
        village, now = self.village, self.clock.now()
        return sign_checkpoint(self.database, village.village_id, village.code, folder, now=now)

    def void(self, sale: Sale) -> None:
        now, village = self.clock.now(), self.village
        found = self.database.read(lambda tx: redemption_by_id(tx, village.village_id, sale.id))
        assert found is not None
        self.database.write(
            lambda tx: take_back(
                tx, village, found, reversal_id=uuid5(_NAMES, "void"), actor="kiosk:1", done_at=now, now=now
            )
        )

    def put_right(self, number: str, wrong: Claim, points: int) -> None:
        """A credited claim that should not have been: taken back by two people."""
        id_, now = uuid5(_NAMES, "right"), self.clock.now()
        request = TransferRequest(
            id_, Kind.REVERSAL, household_account(number), FUND, points, self.village.today(now), "staff:2", id_,
            second="staff:3", reverses=wrong.claim_id,
        )  # fmt: skip
        [outcome] = self.database.write(lambda tx: post(tx, self.village.village_id, [request], now=now))
        assert outcome.posted, outcome
