"""A village with its settings, and a case. Immutable; limits in the village's minor unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Village:
    """A village and its settings. Limits in the minor unit, None is none; ``decimals`` is its book's."""

    village_id: int
    code: str
    name: str
    shop_name: str
    phone: str
    timezone: str
    base: str
    notice_days: int
    quorum: int
    limit_visit: int | None
    limit_household_day: int | None
    offline_household_day: int
    offline_kiosk_total: int
    offline_days: int
    limit_no_card: int
    limit_proxy: int | None
    pin_above: int | None
    cash_allowed: bool
    fen_per_point: int
    open_weekdays: str
    order_days: int
    substitute: bool
    clerk_pin: bool
    signature_stub: bool
    low_stock: int
    idle_s: int
    decimals: int

    @property
    def shop_in_full(self) -> str:
        """The shop with its village, which many a shop has in its name already: 石桥村爱心超市."""
        return self.shop_name if self.shop_name.startswith(self.name) else self.name + self.shop_name

    @property
    def weekdays(self) -> frozenset[int]:
        """The days of the week when the shop exchanges; 1 is Monday."""
        return frozenset(int(day) for day in self.open_weekdays)

    def local(self, now: datetime) -> datetime:
        """The instant on the village's clock."""
        return now.astimezone(ZoneInfo(self.timezone))

    def today(self, now: datetime) -> date:
        """The day it is in the village."""
        return self.local(now).date()


@dataclass(frozen=True, slots=True)
class Case:
    """Something that a person has to look at. ``figures`` fill the words of its kind, points in the minor unit."""

    case_id: UUID
    kind: str
    household: str | None
    figures: Mapping[str, str | int]
    document_id: UUID
    opened_at: datetime
