"""How this village writes amounts, times and refusals on its screen. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from kiosk.counter.names import masked as masked
from kiosk.counter.values import Note, Notice, Till
from kiosk.screen.parts import Words
from schemas.points import points_text
from schemas.refusals import FaultCode, Figures, Refusal, RefusalCode, words

WEEKDAYS = "一二三四五六日"
_NOBODY_NAMED = "村务电话"


@dataclass(frozen=True, slots=True)
class Speech:
    """A village's decimals, telephone and time zone."""

    decimals: int
    phone: str
    zone: ZoneInfo

    def number(self, amount: int) -> str:
        """Minor units as people write them: "86", "1.5", "−10"."""
        return points_text(amount, self.decimals)

    def points(self, amount: int) -> str:
        """With the unit: "86 分"."""
        return f"{self.number(amount)} 分"

    def time(self, instant: datetime) -> str:
        """ "10:18" on the village's clock."""
        local = instant.astimezone(self.zone)
        return f"{local.hour}:{local.minute:02}"

    def day_and_time(self, instant: datetime) -> str:
        """ "11月25日 周三 10:18"."""
        local = instant.astimezone(self.zone)
        return f"{day_text(local.date())} 周{WEEKDAYS[local.weekday()]} {self.time(instant)}"

    def as_of(self, instant: datetime, now: datetime) -> str:
        """Since when a figure holds: "9:52", and the day too when it was not today."""
        local = instant.astimezone(self.zone)
        today = local.date() == now.astimezone(self.zone).date()
        return self.time(instant) if today else f"{day_text(local.date())} {self.time(instant)}"

    def told(self, notice: Notice) -> Words:
        """A refusal, a fault or a note in words. A fault and a note carry no figures."""
        match notice:
            case Refusal(RefusalCode.GOODS_SOLD_OUT, {"stock": 0, "good": good}):
                return Words(f"{good} 卖完了", "换一样", "stop")
            case Refusal(code, figures):
                return Words(self._fill(code.seen, figures), self._fill(code.next_step, figures), "stop")
            case FaultCode():
                return Words(self._fill(notice.seen, {}), self._fill(notice.next_step, {}), "warn")
            case Note():
                return Words(notice.seen, self._fill(notice.next_step, {}), "warn")

    def _fill(self, sentence: str, figures: Figures) -> str:
        return words(sentence, figures, decimals=self.decimals, phone=self.phone or _NOBODY_NAMED)


def speech_of(till: Till) -> Speech:
    """As the snapshot says; before the first one, whole points and Beijing time."""
    if till.book is None:
        return Speech(0, "", ZoneInfo("Asia/Shanghai"))
    village = till.book.snapshot.village
    return Speech(village.decimals, village.phone, ZoneInfo(village.timezone))


def day_text(day: date) -> str:
    """ "11月25日"."""
    return f"{day.month}月{day.day}日"
