"""A history of the seam: a seed plays sales, cuts, kills, replays and what the office does in between, then everything heals."""

from __future__ import annotations

import contextlib
import random
from collections import Counter as Tally
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.counter.desk import DayShown, Sealing
from kiosk.counter.events import Action
from kiosk.counter.values import AskHandOver, Idle, Printing, PrintUnknown, Waiting
from ledger.book.store import lapse_holds
from tests.fakes.seam import DEADLINE_S, Counter
from tests.fakes.seam_ground import COUNTERS, OPENING
from tests.fakes.seam_pen import PenCounter
from tests.fakes.seam_people import People
from tests.fakes.seam_world import World
from tests.fakes.shop_scene import DISH, SOAP, SOY

POINTS = ("before_write", "after_write", "after_send", "before_print", "after_print")
MODES = ("well", "before", "after", "twice", "part")
ROUNDS = 80


@dataclass
class History:
    """What a seed plays, on one village with two counters and a pen."""

    seed: int
    world: World
    folder: Path
    did: Tally[str] = field(default_factory=Tally)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.clock = self.world.scene.clock
        self.people = People(self.world, self.rng, self.did, self._mode)
        self.pen = PenCounter(self.world, random.Random(f"{self.seed}/pen"))
        self.counters = [
            Counter(self.world, self.folder, name, random.Random(f"{self.seed}/{name}")) for name in COUNTERS
        ]
        self.storm = False  # whole hours in which no answer comes: both counters sell the same points
        self.restores = self.rng.random() < 0.2
        self.revokes = self.rng.random() < 0.06
        for counter in self.counters:
            counter.talk("well")

    def play(self, steps: int) -> None:
        """So many steps, then everybody finishes what they began, every counter closes its day, with a line or without, and all heals."""
        for step in range(steps):
            self._between(step, steps)
            self._step(self.rng.choice(self.counters))
        online = self.rng.random() < 0.5
        for counter in self.counters:
            self._finish(counter, online=online)
            self._close_day(counter)
        self.pen.pen.day_closed(self.world.ground.village.today(self.clock.now()), 1, len(self.pen.pen.journal))
        self._heal()
        village, now = self.world.ground.village, self.clock.now()
        self.world.write(lambda tx: lapse_holds(tx, village.village_id, now=now))
        for counter in self.counters:  # once more, so that each knows what the others sold
            self.clock.advance(seconds=30)
            counter.talk("well")

    # ── steps ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _step(self, counter: Counter) -> None:
        rng = self.rng
        self.clock.advance(seconds=rng.choice((0.1, 1, 3, 6)))
        if rng.random() < 0.06:
            counter.kill = rng.choice(POINTS)
            self.did["kill armed"] += 1
        match rng.random():
            case dice if dice < 0.02:
                self.did["power cut"] += 1
                counter.cut_power()
            case dice if dice < 0.14:
                if rng.random() < 0.2:
                    self.storm = not self.storm
                counter.talk(self._mode())
            case dice if dice < 0.2 and counter.printing.waiting:
                counter.print_next(self.people.fate())
            case dice if dice < 0.23:
                self.clock.advance(minutes=rng.choice((1, 5, 200, 1440)))
                counter.act(lambda: None)
            case _:
                for _ in range(rng.choice((1, 2, 3))):
                    self.people.serve(counter)

    def _mode(self) -> str:
        return self.rng.choices(MODES, (0, 8, 1, 0, 1) if self.storm else (8, 1, 2, 1, 1))[0]

    def _between(self, step: int, steps: int) -> None:
        """What happens elsewhere in the village."""
        dice = self.rng.random()
        if dice < 0.06:
            self.did[f"pen: {self.pen.write()}"] += 1
        elif dice < 0.1:
            self.pen.send(self._mode())
        elif dice < 0.14:
            self._office()
        if self.restores and step == steps // 3:
            self.world.make_copy()
        if self.restores and step == steps * 3 // 4:
            self.did["restored"] += 1
            self.world.restore()
        if self.revokes and step == steps // 2:
            self.did["revoked"] += 1
            self.world.revoke(2)

    def _office(self) -> None:
        rng, world = self.rng, self.world
        household = rng.choice(sorted(OPENING))
        acts = ("award", "award back", "price", "block", "unblock", "new card", "lost card")
        [act] = rng.choices(acts, (4, 4, 2, 1, 2, 1, 1))
        self.did[f"office: {act}"] += 1
        match act:
            case "award":
                world.award(household, rng.choice((3, 10, 30)))
            case "award back" if awards := world.awards():
                world.take_award_back(rng.choice(awards))
            case "price":
                world.change_price(rng.choice((SOAP, SOY, DISH)), rng.choice((4, 6, 14)))
            case "block" | "unblock":
                world.block(household, blocked=act == "block")
            case "new card":
                world.new_card(household)
            case "lost card":
                world.lose_card(household)

    # ── the end ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _heal(self) -> None:
        """Lines and printers are well again; whatever is under way is brought to its end."""
        for _ in range(3):
            self.pen.send("well")
        for counter in self.counters:
            self._finish(counter, online=True)

    def _finish(self, counter: Counter, *, online: bool) -> None:
        """To an idle counter with nothing left over; ``online``: and the ledger holds everything."""
        counter.kill = None
        for _ in range(ROUNDS):
            self.clock.advance(seconds=1)
            counter.print_next("printed")
            match counter.till.face:
                case Idle():
                    if self._at_rest(counter, online=online):
                        return
                    counter.talk("well" if online else "before")
                case AskHandOver(barred=barred):
                    counter.tap(Action.HAND_OVER if barred is None else Action.CALL_OFF)
                case PrintUnknown(sale):
                    counter.tap(Action.PAPER_OUT if counter.seen_on_paper(sale.id) else Action.REPRINT)
                case Waiting() if online:
                    counter.talk("well")
                case Waiting():
                    self.clock.advance(seconds=DEADLINE_S)
                    counter.talk("before")
                case Printing():
                    pass
                case _ if counter.errands.waiting:
                    counter.run_errand()
                case _:
                    counter.tap(Action.BACK)
                    counter.tap(Action.LEAVE)
        raise AssertionError(f"it never came to rest: {counter.till.face}, {counter.journal.unsent()} unsent")

    def _at_rest(self, counter: Counter, *, online: bool) -> bool:
        sent = not online or counter.identity.kiosk in self.world.revoked or not counter.journal.unsent()
        return not counter.printing.waiting and not counter.till.pending and sent

    def _close_day(self, counter: Counter) -> None:
        """日结: the last thing of a day, and the first that a ledger hears that lost what was sent before."""
        for _ in range(ROUNDS):
            match counter.till.face:
                case DayShown(sum=known) if known is not None:
                    counter.tap(Action.CLOSE_DAY)
                case Sealing():
                    counter.run_errand()
                    return
                case Idle():
                    counter.tap(Action.DAY)
                case _:
                    counter.tap(Action.BACK)
                    counter.tap(Action.LEAVE)
        raise AssertionError(f"the day could not be closed: {counter.till.face}")

    def close(self) -> None:
        for counter in self.counters:
            with contextlib.suppress(Exception):
                counter.journal.close()
