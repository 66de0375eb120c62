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
    "against_rule": "单号 {number}：东西拿走了，{why}。问一问店主",
    "void_without_sale": "柜台机 {kiosk} 第 {entry} 笔作废：没有这一单，或早已退过，分没有动。问一问店主",
    "void_unsupervised": "单号 {number}：{clerk} 作废的，不是当天本人经手，也没有监督的人。分已退回，看一看",
    "order_gone": "单号 {number}：订的货取走了，那份预订先前已取消或取过。看看是不是拿了两次",
    "count_differs": "盘点单 {number}：{goods}。已按数到的记，看看哪一笔没传上来",
    "goods_not_listed": "单号 {number}：{goods} 不在价目里，库存没有记。先把价目添上，再盘一次",
    "day_differs": "柜台机 {kiosk}，{day}的日结和账不一样：机上 {told_sales} 笔 {told_points} 分，作废 {told_voids} 笔；"
    "账上 {booked_sales} 笔 {booked_points} 分，作废 {booked_voids} 笔。对一对小票",
    "slip_twice": "备用小票 {slip} 号录了两次，第二次没有记。对一对纸",
    "slip_unknown": "备用小票 {slip} 号没有印过，已照记。看看纸是哪来的",
}
RULES = {
    "second_person_needed": "没带卡，也没有第二个人",
    "limit_no_card": "没带卡，比一次能兑的多",
    "limit_proxy": "代兑比一次能兑的多，没有第二个人",
    "pin_needed": "没按户里的密码",
    "cash_not_allowed": "收了现金，村里没开现金补差",
    "cash_changed": "收的现金和分对不上",
}
_POINTS = frozenset({"missing", "told_points", "booked_points"})


def case_words(case: Case, decimals: int) -> str:
    """What is to be looked at, in one sentence. A figure that is missing is "…", so that no case is hidden for want of one."""
    shown = {
        name: points_text(value, decimals) if name in _POINTS and isinstance(value, int) else str(value)
        for name, value in case.figures.items()
    }
    if case.kind == "against_rule":
        shown["why"] = RULES.get(shown.get("why", ""), "没照规矩办")
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
