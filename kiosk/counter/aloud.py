"""念给我听: what each face says aloud, as clips of the village's recordings. Only ever because somebody asked for it."""

from __future__ import annotations

from kiosk.counter.book import CounterBook
from kiosk.counter.checks import figures
from kiosk.counter.effects import Effect, Speak
from kiosk.counter.telling import told
from kiosk.counter.values import Confirm, HouseholdShown, Idle, Note, Notice, Refused, Till
from kiosk.voice.saying import balance, clips_of
from schemas.points import points_text
from schemas.refusals import Figures, Refusal, RefusalCode, words

Step = tuple[Till, tuple[Effect, ...]]


def speak(till: Till, book: CounterBook) -> Step | None:
    """Have it said; None on a face that has nothing to say. What no clips cover is told instead."""
    sentence = sentence_of(till, book)
    if not sentence:
        return None
    clips = clips_of(sentence)
    return (till, (Speak(clips),)) if clips else unheard(till)


def unheard(till: Till) -> Step:
    """Nothing was heard: the screen says so, unless it has something more important to say."""
    return told(till, Note.NOT_RECORDED) if till.notice is None else (till, ())


def sentence_of(till: Till, book: CounterBook) -> str:
    """What there is to hear of this face, "" for nothing."""
    decimals = book.snapshot.village.decimals
    match till.face:
        case HouseholdShown(customer):
            known = figures(till, customer.household)
            return balance(known.balance, known.on_notice, decimals) if known is not None else ""
        case Confirm(cart) if cart.slip is None:
            known = figures(till, cart.customer.household)
            left = "" if known is None else f"，还剩 {points_text(known.balance - cart.total, decimals)} 分"
            return f"这次用 {points_text(cart.total, decimals)} 分{left}"
        case Refused(why):
            return heard(why, decimals)
        case Idle():
            return heard(till.notice, decimals) if till.notice is not None else ""
        case _:
            return ""


def heard(notice: Notice, decimals: int) -> str:
    """A refusal, a fault or a note as the villager hears it, with its figures."""
    figures_: Figures = notice.figures if isinstance(notice, Refusal) else {}
    if notice == Refusal(RefusalCode.OFFLINE_TOTAL_REACHED, figures_) and figures_.get("left"):  # not quite used up yet
        return words(RefusalCode.OFFLINE_LIMIT_REACHED.heard, figures_, decimals=decimals)
    return words(notice.code.heard if isinstance(notice, Refusal) else notice.heard, figures_, decimals=decimals)
