"""A village whose book holds so many transfers, made fast and beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import say
from tests.bench.filling import fill
from tests.bench.shop import Kiosk, Shop, open_shop


@dataclass(frozen=True, slots=True)
class Grown:
    """A ledger's data directory; ``transfers`` is what the book was filled with."""

    data_dir: Path
    shop: Shop
    transfers: int

    @property
    def balances(self) -> list[str]:
        """An address for the balance of each household."""
        return [f"/bench/balance/{number}" for number in self.shop.cards]

    @property
    def cards(self) -> list[str]:
        """An address for the page of each card."""
        return [f"/q/{token}" for token in self.shop.cards.values()]

    @property
    def kiosk(self) -> Kiosk:
        """The shop's one kiosk."""
        return self.shop.kiosks[0]


def grow(data_dir: Path, transfers: int) -> Grown:
    """Found the village and fill its book."""
    say(f"a book of {transfers:,} transfers …")
    shop = open_shop(data_dir, kiosks=1)
    fill(data_dir / "ledger.sqlite", transfers)
    return Grown(data_dir, shop, transfers)
