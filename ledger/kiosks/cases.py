"""Cases that a journal opens, each once about its document, and the words a cadre reads for every kind (要看的)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import Connection

from ledger.villages.store import Case, Village, open_case
from schemas.points import points_text

_NAMESPACE = UUID("3d0a2f9c-6b41-5c0e-8a35-7e0c1d9b4f62")  # names documents that have no id of their own; never changes

WORDS = {
    "below_floor": "单号 {number}：离线时多兑了 {missing} 分，货已拿走，等着补上",
    "stock_negative": "单号 {number}：货拿走了，账上不够：{goods}。数一数架上的",
    "called_off_after_goods": "柜台机 {kiosk} 第 {entry} 笔：同一单又说东西拿走了，又说不换了。问一问店主",
    "entry_quarantined": "柜台机 {kiosk} 第 {entry} 笔：{why}，先放一边，别的照常",
    "journal_fork": "有两台机用柜台机 {kiosk} 的号记账，这台先停了，两边的记录都留着",
    "card_unknown": "单号 {number}：东西拿走了，用的卡{why}。看看是谁拿的",
}


def case_words(case: Case, decimals: int) -> str:
    """What is to be looked at, in one sentence. A figure that is missing is "…", so that no case is hidden for want of one."""
    shown = {name: str(value) for name, value in case.figures.items()}
    missing = case.figures.get("missing")
    if isinstance(missing, int):
        shown["missing"] = points_text(missing, decimals)
    return WORDS.get(case.kind, "有一件事要看").format_map(_Lenient(shown))


def entry_document(village: Village, kiosk_id: int, number: int) -> UUID:
    """The document of an entry that may have no id: the same for the same number."""
    return uuid5(_NAMESPACE, f"{village.code}/{kiosk_id}/{number}")


def kiosk_document(village: Village, kiosk_id: int) -> UUID:
    """The document of what is wrong with a kiosk as a whole."""
    return uuid5(_NAMESPACE, f"{village.code}/{kiosk_id}")


def raise_case(
    tx: Connection,
    village: Village,
    kind: str,
    document_id: UUID,
    figures: dict[str, str | int],
    now: datetime,
    *,
    household: str | None = None,
) -> None:
    """Open a case, once a kind and document."""
    open_case(
        tx, village.village_id, kind, case_id=uuid5(document_id, kind), household=household, figures=figures,
        document_id=document_id, now=now,
    )  # fmt: skip


class _Lenient(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"
