"""Where the demo keeps things. ``private`` holds what no real installation keeps: plain card codes, passwords, the demo's clock."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).parent / "data"
VILLAGE, VILLAGE_NAME, PHONE = "SQ", "石桥村", "555 0123"


PLAIN = "abcdefghjkmnpqrstuvwxyz23456789"  # no two look alike: it is read off a screen and typed on a phone


def easy_password() -> str:
    """Ten signs, about 49 bits."""
    return "".join(secrets.choice(PLAIN) for _ in range(10))


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the demo village's staff."""

    login: str
    name: str
    roles: tuple[str, ...]
    does: str
    household: str | None = None


PEOPLE = (
    Person("lixiuwen", "李秀文", ("recorder",), "记一笔", "0012"),
    Person("chenjianguo", "陈建国", ("village_admin", "reviewer"), "复核、管理"),
    Person("zhouyulan", "周玉兰", ("shopkeeper",), "看店"),
    Person("wangguoqiang", "王国强", ("supervisor",), "监督，只看"),
)


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders below ``root``, which is made on the first start and found again on the next."""

    root: Path

    @property
    def ledger(self) -> Path:
        return self.root / "ledger"

    @property
    def kiosk(self) -> Path:
        return self.root / "kiosk"

    @property
    def paper(self) -> Path:
        return self.root / "paper"

    @property
    def private(self) -> Path:
        return self.root / "private"

    @property
    def clock(self) -> Path:
        return self.private / "days-ahead"

    @property
    def cards(self) -> Path:
        return self.private / "cards.json"

    @property
    def passwords(self) -> Path:
        return self.private / "passwords.json"

    @property
    def ready(self) -> Path:
        """Written last, with the layout of the tables: its absence means that setting up was cut short."""
        return self.private / "ready"

    def make(self) -> None:
        """Make what is missing; the private folder is for its owner alone."""
        for folder in (self.root, self.ledger, self.kiosk, self.paper):
            folder.mkdir(parents=True, exist_ok=True)
        self.private.mkdir(mode=0o700, exist_ok=True)
        if not self.clock.exists():
            self.clock.write_text("0\n")
        if not self.passwords.exists():
            self.passwords.touch(mode=0o600)
            self.passwords.write_text(json.dumps({person.login: easy_password() for person in PEOPLE}))

    def password_of(self, login: str) -> str:
        """The password that was made for this demo."""
        return str(json.loads(self.passwords.read_text())[login])

    def card_codes(self) -> dict[str, str]:
        """Household number → the text of its card's QR."""
        return {row["household"]: row["code"] for row in json.loads(self.cards.read_text())}

    def days_ahead(self) -> int:
        """How far the demo's clock is ahead."""
        return int(self.clock.read_text().strip() or "0")

    def next_day(self) -> int:
        """Move the demo's clock one day on, in one step, so that no program reads half a number."""
        days = self.days_ahead() + 1
        fresh = self.clock.with_suffix(".new")
        fresh.write_text(f"{days}\n")
        fresh.replace(self.clock)
        return days
