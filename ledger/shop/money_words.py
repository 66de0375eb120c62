"""What the page 账 and the commands say: kinds, states and refusals in words, points and yuan as people write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ledger.shop.money_columns import grouped, plus, yuan
from ledger.shop.money_rules import MoneyKind, MoneyState
from ledger.villages.store import Village
from schemas.refusals import Refusal, RefusalCode, words

REQUEST_WORDS: Mapping[MoneyKind, str] = {
    MoneyKind.GRANT: "拨款",
    MoneyKind.SETTLEMENT: "和店里结账",
    MoneyKind.LIMIT_ON: "拨了多少，才发多少",
    MoneyKind.LIMIT_OFF: "发分不再看拨款",
}
STATE_WORDS: Mapping[str, str] = {
    MoneyState.ASKED.value: "记下了，等另一位确认",
    MoneyState.DONE.value: "办好了",
    MoneyState.DROPPED.value: "这一笔不办了",
}


def refusal_text(refusal: Refusal, village: Village) -> str:
    """The fact and the next step."""
    if refusal.code is RefusalCode.SAME_PERSON:
        return f"这一笔是自己记的，要另一位来确认：{refusal.figures.get('who', '')}"
    told = f"{refusal.code.seen}。{refusal.code.next_step}"
    return words(told, refusal.figures, decimals=village.decimals, phone=village.phone)


def figures_of(village: Village) -> dict[str, Callable[..., str] | str]:
    """For templates: ``fen`` writes points, ``rmb`` what they are worth, ``moved`` puts a plus before what came; ``rate`` is 1 分."""
    decimals, rate = village.decimals, village.fen_per_point
    return {
        "fen": lambda amount: grouped(amount, decimals),
        "rmb": lambda amount: yuan(amount, decimals, rate),
        "round_rmb": lambda amount: yuan(amount, decimals, rate).removesuffix(".00"),
        "moved": plus,
        "rate": f"{rate // 100}{f'.{rate % 100:02}'.rstrip('0').rstrip('.')}",
    }
