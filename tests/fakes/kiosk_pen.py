"""Writes a kiosk's journal as a kiosk does: numbered, chained, signed. Keeps what it wrote, so that it can be sent again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from uuid import UUID, uuid5

from nacl.signing import SigningKey

from schemas.beside import Beside
from schemas.canonical import Json, document_bytes
from schemas.journal import FIRST_LINK, head_message, link
from schemas.kiosk_api import Upload, UploadedEntry
from schemas.tokens import token_hash

MONDAY = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
BOOT = UUID("00000000-0000-7000-8000-00000000b007")
Goods = Sequence[tuple[str, int, int]]  # barcode, quantity, price
_pens = count(1)


@dataclass
class KioskPen:
    """A kiosk's journal and key. ``wall`` and ``clock_trusted`` are what the next entries say of the time."""

    village: str = "SQ"
    kiosk: int = 1
    wall: datetime = MONDAY
    clock_trusted: bool = True
    key: SigningKey = field(default_factory=SigningKey.generate)
    journal: list[UploadedEntry] = field(default_factory=list)
    name: int = field(default_factory=lambda: next(_pens))

    @property
    def public_key(self) -> str:
        """Ed25519, hex."""
        return self.key.verify_key.encode().hex()

    def asked(self, household: str, card: str | None, goods: Goods, **changes: Json) -> UUID:
        """Write a sale that the ledger may refuse; its id. ``card`` is the card's token."""
        return self.write("asked", self._sale(household, card, goods) | changes)

    def handed_over(self, asked: UUID, household: str, card: str | None, goods: Goods, **changes: Json) -> UUID:
        """Write that the goods of that sale are gone."""
        follows: dict[str, Json] = {"asked": str(asked), "receipt": self._receipt(asked)}
        return self.write("handed_over", self._sale(household, card, goods) | follows | changes)

    def called_off(self, asked: UUID) -> UUID:
        """Write that the sale was given up."""
        return self.write("called_off", {"asked": str(asked)})

    def voided(self, sale: UUID, **changes: Json) -> UUID:
        """Write that the goods of that sale came back."""
        said: dict[str, Json] = {"sale": str(sale), "reason": "wrong_goods", "supervisor": None}
        return self.write("voided", said | changes)

    def ordered(self, household: str, card: str | None, goods: Goods, until: date, **changes: Json) -> UUID:
        """Write that goods are wanted ahead."""
        sale = self._sale(household, card, goods)
        return self.write("ordered", sale | {"until": until.isoformat()} | changes)

    def order_cancelled(self, ordered: UUID) -> UUID:
        """Write that they are not wanted any more."""
        return self.write("order_cancelled", {"ordered": str(ordered)})

    def collected(self, ordered: UUID, household: str, card: str | None, goods: Goods, **changes: Json) -> UUID:
        """Write that ordered goods went."""
        return self.write("collected", self._sale(household, card, goods) | {"ordered": str(ordered)} | changes)

    def slip_entered(self, slip: int, household: str, goods: Goods, day: date, **changes: Json) -> UUID:
        """Write that a paper slip was entered."""
        sale = self._sale(household, None, goods) | {"without_card": True}
        return self.write("slip_entered", sale | {"slip": slip, "day": day.isoformat()} | changes)

    def received(self, lines: Sequence[dict[str, Json]], **changes: Json) -> UUID:
        """Write that goods came in."""
        return self.write("received", {"source": "bought", "donor": None, "lines": list(lines)} | changes)

    def counted(self, *lines: tuple[str, int, int, str | None]) -> UUID:
        """Write that the shelf was counted: barcode, booked, counted, reason."""
        said: list[Json] = [
            {"barcode": barcode, "booked": booked, "counted": there, "reason": reason}
            for barcode, booked, there, reason in lines
        ]
        return self.write("counted", {"lines": said, "second": None})

    def written_off(self, barcode: str, quantity: int, reason: str = "broken") -> UUID:
        """Write that goods cannot be given out any more."""
        lines: list[Json] = [{"barcode": barcode, "quantity": quantity, "reason": reason}]
        return self.write("written_off", {"lines": lines, "second": None})

    def day_closed(self, day: date, first: int, last: int, **figures: Json) -> UUID:
        """Write that the day was closed."""
        body: dict[str, Json] = {"day": day.isoformat(), "first": first, "last": last}
        return self.write("day_closed", body | {"figures": {"sales": 0, "points": 0} | figures})

    def beside(self, number: int, **names: Beside) -> None:
        """Put names beside entry ``number``."""
        self.journal[number - 1] = self.journal[number - 1].model_copy(update={"beside": names})

    def printed(self, sale: UUID) -> UUID:
        """Write that its receipt came out."""
        return self.write("printed", {"sale": str(sale), "copy_number": 0, "state": "printed"})

    def write(self, kind: str, body: dict[str, Json]) -> UUID:
        """Write any entry."""
        number = len(self.journal) + 1
        id_ = uuid5(BOOT, f"{self.name}/{number}")
        head: dict[str, Json] = {
            "id": str(id_), "kind": kind, "number": number, "boot": str(BOOT), "monotonic_ms": number * 1000,
            "wall": self.wall.isoformat(), "clock_trusted": self.clock_trusted, "clerk": "zhou",
        }  # fmt: skip
        entry = head | body
        if kind in ("asked", "collected", "slip_entered"):
            entry.setdefault("receipt", self._receipt(id_))
        self.write_text(document_bytes(entry).decode())
        return UUID(str(entry["id"]))

    def write_text(self, text: str) -> None:
        """Write any text at all at the journal's end."""
        before = bytes.fromhex(self.journal[-1].link) if self.journal else FIRST_LINK
        link_ = link(before, text.encode()).hex()
        self.journal.append(UploadedEntry(number=len(self.journal) + 1, text=text, link=link_))

    def upload(self, first: int = 1, last: int | None = None) -> Upload:
        """The signed entries from ``first`` to ``last`` (the journal's end)."""
        return self.sign(self.journal[first - 1 : last])

    def sign(self, entries: Sequence[UploadedEntry]) -> Upload:
        """These entries with the signature of their head, whatever they are."""
        message = head_message(self.village, self.kiosk, entries[-1].number, bytes.fromhex(entries[-1].link))
        return Upload(entries=list(entries), signature=self.key.sign(message).signature.hex())

    def clone(self) -> KioskPen:
        """The same SD card in another machine."""
        return KioskPen(self.village, self.kiosk, self.wall, self.clock_trusted, self.key, list(self.journal))

    def text(self, number: int) -> dict[str, Json]:
        """What entry ``number`` says."""
        found: dict[str, Json] = json.loads(self.journal[number - 1].text)
        return found

    def _sale(self, household: str, card: str | None, goods: Goods) -> dict[str, Json]:
        lines: list[Json] = [{"barcode": barcode, "quantity": many, "price": price} for barcode, many, price in goods]
        return {
            "household": household, "card": token_hash(card).hex() if card else None, "lines": lines, "snapshot": 0,
            "total": sum(many * price for _, many, price in goods),
        }  # fmt: skip

    def _receipt(self, sale: UUID) -> str:
        return token_hash(f"{self.village}-{sale.hex}").hex()
