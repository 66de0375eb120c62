"""A village that sells: households with points and cards, goods by the thousand, kiosks whose journals are written beforehand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count, cycle
from pathlib import Path

from ledger.kiosks.enrolment import enrol, make_code
from ledger.migrations.runner import upgrade
from ledger.people.cards import card_scanned, issue_cards
from ledger.people.households_import import HouseholdsImporter
from ledger.people.rows import COLUMNS
from ledger.people.store import all_households
from ledger.shop.goods_import import GoodsImporter
from ledger.storage.database import Database
from ledger.villages.store import NewVillage, Village, add_village
from schemas.kiosk_api import EnrolRequest
from schemas.tokens import token_hash
from tests.bench.load import post
from tests.bench.scene import HOUSEHOLDS, VILLAGE
from tests.fakes.kiosk_pen import KioskPen

ENTRIES = "/api/v1/kiosk/entries"
SOAP = "2000000000015"
GOODS = f"条码,品名,单位,积分,库存,类别\n{SOAP},香皂,块,5,99999,日用\n"


@dataclass(frozen=True, slots=True)
class Kiosk:
    """An enrolled kiosk: its pen and its bearer token."""

    pen: KioskPen
    token: str

    def request(self, body: bytes) -> bytes:
        """The body as the kiosk sends it."""
        return post(ENTRIES, body, Authorization=f"Bearer {self.token}")


@dataclass(frozen=True, slots=True)
class Shop:
    """The village with its households' card tokens, by number."""

    village: Village
    cards: dict[str, str]
    kiosks: tuple[Kiosk, ...]

    def sales(self, kiosk: Kiosk, entries: int) -> Iterator[bytes]:
        """Bodies of uploads of the kiosk's journal, without end: so many sales of a piece of soap each, to one household after another."""
        numbers = sorted(self.cards)
        for upload in count():
            first = len(kiosk.pen.journal) + 1
            for sale in range(entries):
                number = numbers[(upload * entries + sale) % len(numbers)]
                kiosk.pen.asked(number, self.cards[number], [(SOAP, 1, 5)])
            yield kiosk.pen.upload(first).model_dump_json().encode()

    def days_offline(self, kiosk: Kiosk, entries: int, limit: int) -> list[bytes]:
        """Bodies of uploads by a kiosk that sold without network: each sale asked for, its goods handed over, its paper printed."""
        numbers = cycle(sorted(self.cards))
        while len(kiosk.pen.journal) < entries:
            self._sell_offline(kiosk.pen, next(numbers))
        firsts = range(1, entries + 1, limit)
        return [kiosk.pen.upload(first, first + limit - 1).model_dump_json().encode() for first in firsts]

    def _sell_offline(self, pen: KioskPen, number: str) -> None:
        goods = [(SOAP, 1, 5)]
        sale = pen.asked(number, self.cards[number], goods)
        pen.handed_over(sale, number, self.cards[number], goods)
        pen.printed(sale)


def open_shop(data_dir: Path, kiosks: int) -> Shop:
    """Make the data directory of a ledger with such a village."""
    data_dir.mkdir()
    now = datetime.now(UTC)
    with closing(Database(f"sqlite:///{data_dir / 'ledger.sqlite'}")) as database:
        upgrade(database)
        new = NewVillage(code=VILLAGE, name="石桥村", phone="555 0123", quorum=1)
        village = database.write(lambda tx: add_village(tx, new, now))
        database.write(lambda tx: GoodsImporter().apply(tx, village, GOODS.encode(), now, "bench"))
        database.write(lambda tx: HouseholdsImporter().apply(tx, village, _households().encode(), now, "bench"))
        return Shop(village, _cards(database, village), tuple(_enrolled(database, village) for _ in range(kiosks)))


def _households() -> str:
    rows = (f"{number:04},汤勇芳,第1网格,1组,5,0,,90000," for number in range(1, HOUSEHOLDS + 1))
    return "\n".join([",".join(COLUMNS), *rows])


def _cards(database: Database, village: Village) -> dict[str, str]:
    households = database.read(lambda tx: all_households(tx, village.village_id))
    ids = [household.household_id for household in households]
    now = datetime.now(UTC)
    issued = database.write(lambda tx: issue_cards(tx, village, ids, by="bench", now=now, random_bytes=os.urandom))
    for card in issued:  # each was used before: a card's first sale also ends the older ones
        database.write(lambda tx, card=card: card_scanned(tx, village.village_id, token_hash(card.token), now))  # type: ignore[misc]
    return {household.number: card.token for household, card in zip(households, issued, strict=True)}


def _enrolled(database: Database, village: Village) -> Kiosk:
    now = datetime.now(UTC)
    pen = KioskPen(village=village.code, wall=now)
    made = database.write(lambda tx: make_code(tx, village, by="bench", now=now, random_bytes=os.urandom))
    asked = EnrolRequest(code=made.code, public_key=pen.public_key, version="bench")
    answer = database.write(lambda tx: enrol(tx, asked, now=now, random_bytes=os.urandom))
    assert answer is not None
    pen.kiosk = answer.kiosk
    return Kiosk(pen, answer.token)
