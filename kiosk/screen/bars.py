"""The bars over every face: what is not as it should be with this machine, and what to do. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kiosk.counter import book as books
from kiosk.counter.book import CounterBook
from kiosk.counter.checks import barred, too_long
from kiosk.counter.values import Idle, LineStatus, NotEnrolled, PrintUnknown, Till
from kiosk.screen.parts import Words
from kiosk.screen.speech import Speech
from schemas.refusals import FaultCode, Refusal, RefusalCode

DEMO = "演示机：东西不算数，不能真兑"


def bars_of(till: Till, speech: Speech, now: datetime) -> tuple[Words, ...]:
    """The gravest first. What the face says at large already is not said twice."""
    if isinstance(till.face, NotEnrolled):
        return ()
    found: list[Words] = []
    if (why := barred(till)) is not None and not isinstance(till.face, Idle):
        found.append(replace(speech.told(why), tone="stop"))
    asked = till.face.trouble if isinstance(till.face, PrintUnknown) else None
    found += [speech.told(trouble) for trouble in (till.printer, till.scanner) if trouble and trouble is not asked]
    found += [speech.told(trouble) for trouble in till.troubles if trouble is not why]
    if (line := _line(till, speech, now)) is not None:
        found.append(line)
    if not till.clock_trusted:
        found.append(speech.told(FaultCode.CLOCK_NOT_TRUSTED))
    return tuple(found)


def _line(till: Till, speech: Speech, now: datetime) -> Words | None:
    unsent = f"{till.line.unsent} 笔没传"
    match till.line.status:
        case LineStatus.CATCHING_UP:
            return Words(f"有网了，正在传 {till.line.unsent} 笔，照常办")
        case LineStatus.OFFLINE:
            if till.book is None:
                return Words("断网了", "网好了自己会连；查网线和路由器", "warn")
            return _offline(till.book, speech, now, unsent)
        case _:
            return None


def _offline(book: CounterBook, speech: Speech, now: datetime, unsent: str) -> Words:
    """What may still be had without a line; once that is used up, it says so instead of 照常换."""
    limits = book.snapshot.limits
    if too_long(book, now):
        days = (now - book.snapshot.taken_at).days
        told = speech.told(Refusal(RefusalCode.OFFLINE_TOO_LONG, {"days": days}))
    elif books.sold_offline(book) >= limits.offline_kiosk_total:
        told = speech.told(Refusal(RefusalCode.OFFLINE_TOTAL_REACHED, {"limit": limits.offline_kiosk_total}))
    else:
        most = speech.points(_most_a_household(book))
        return Words("断网了，照常换", f"{unsent} · 每户今天最多 {most}", "warn")
    return Words(told.fact, f"{unsent} · {told.next_step}", "stop")


def _most_a_household(book: CounterBook) -> int:
    """What a household may use today without a line: less where the village's other limits, or the machine's own, leave less."""
    limits = book.snapshot.limits
    most = [limits.offline_household_day, limits.offline_kiosk_total - books.sold_offline(book)]
    return min(most if limits.household_day is None else [*most, limits.household_day])
