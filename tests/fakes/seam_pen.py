"""The third counter of a seam history: its entries are written by a pen, so that they say what no till of ours would."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from kiosk.uplink.client import Missing, NoAnswerCame, Stopped
from schemas.canonical import Json
from schemas.entries import Ordered
from schemas.tokens import TOKEN_BYTES
from tests.fakes.kiosk_pen import KioskPen
from tests.fakes.seam_ground import OPENING, PEN, SLIPS, key_of
from tests.fakes.seam_log import Entered
from tests.fakes.seam_world import World
from tests.fakes.shop_scene import DISH, RICE, SOAP, SOY

PRICES = {SOAP: 5, DISH: 14, SOY: 5, RICE: 39}
UNLISTED = "2000000000206"


@dataclass
class PenCounter:
    """Writes slips, stock papers, late collections, odd and unreadable entries; sends them over the same kind of line."""

    world: World
    rng: random.Random
    pen: KioskPen = field(default_factory=lambda: KioskPen(kiosk=PEN, key=key_of(PEN), name=PEN))
    sent: int = 0

    def write(self) -> str:
        """One entry; its kind."""
        rng, pen = self.rng, self.pen
        pen.wall = self.world.scene.clock.now()
        kinds = ("slip", "sale", "order", "collected", "cancelled", "received", "counted", "written_off", "void", "odd")
        [kind] = rng.choices(kinds, (6, 3, 4, 4, 2, 2, 2, 2, 2, 1))
        number, goods = rng.choice(sorted(OPENING)), [self._line()]
        day = self.world.ground.village.today(pen.wall)
        match kind:
            case "slip":
                slip = rng.choice([*SLIPS, 77_777])
                pen.slip_entered(slip, number, goods, day - timedelta(days=rng.choice((0, 1))))
            case "sale":
                asked = pen.asked(number, self.world.scene.cards[number], goods)
                if rng.random() < 0.6:
                    pen.handed_over(asked, number, self.world.scene.cards[number], goods)
            case "order":
                pen.ordered(number, self.world.scene.cards[number], goods, day + timedelta(days=rng.choice((0, 1))))
            case "collected" | "cancelled":
                self._end_order(kind)
            case "void":
                sales = [
                    entry for entry in map(pen.text, self._numbers()) if entry["kind"] in ("asked", "slip_entered")
                ]
                done = {pen.text(number).get("sale") for number in self._numbers()}
                ids = [str(sale["id"]) for sale in sales if sale["id"] not in done]
                if ids:
                    pen.write("voided", {"sale": rng.choice(ids), "reason": "wrong_goods", "supervisor": "li"})
            case _:
                self._write_stock(kind)
        return kind

    def send(self, mode: str) -> None:
        """All that is unsent. Whatever goes wrong on the line, the same is sent again later."""
        if self.sent >= len(self.pen.journal):
            return
        try:
            answer = self.world.upload(PEN, self.pen.upload(self.sent + 1), mode)
            self.sent = answer.taken_up_to
        except Missing as missing:
            self.sent = missing.taken_up_to
        except (NoAnswerCame, Stopped):
            return

    def _numbers(self) -> Sequence[int]:
        """Numbers of entries that can be read."""
        return [entry.number for entry in self.pen.journal if entry.text.startswith("{")]

    def _line(self) -> tuple[str, int, int]:
        barcode = self.rng.choice(sorted(PRICES))
        return barcode, self.rng.choice((1, 1, 2)), PRICES[barcode]

    def _end_order(self, kind: str) -> None:
        """Of any order that anybody placed, over or not."""
        told = (item.entry for item in self.world.log if isinstance(item, Entered) and item.outcome.outcome == "posted")
        orders = [entry for entry in told if isinstance(entry, Ordered)]
        if not orders:
            return
        order = self.rng.choice(orders)
        if kind == "cancelled":
            self.pen.order_cancelled(order.id)
            return
        goods = [(line.barcode, line.quantity, line.price) for line in order.lines]
        self.pen.collected(order.id, order.household, self.world.scene.cards[order.household], goods)

    def _write_stock(self, kind: str) -> None:
        rng, pen = self.rng, self.pen
        barcode = rng.choice([*sorted(PRICES), UNLISTED])
        match kind:
            case "received":
                line: dict[str, Json] = {
                    "barcode": barcode,
                    "quantity": rng.randint(1, 9),
                    "cost_fen": 350,
                    "best_before": None,
                }
                pen.received([line])
            case "counted":
                there = rng.randint(0, 40)
                pen.counted((barcode, rng.choice((there, 40)), there, "missing"))
            case "written_off":
                pen.written_off(barcode, rng.randint(1, 30))
            case _:
                pen.write_text(rng.choice(("不是", "[1, 2]", rng.randbytes(TOKEN_BYTES).hex())))
