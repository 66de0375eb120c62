"""The three columns of the month's sheet, 钱 货 分, each added from top to bottom. Pure; amounts in the village's minor unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ledger.book.months import Flow, Position
from ledger.book.values import AccountKind, Kind
from schemas.points import MINUS

NEAR_PERCENT = 80  # of what was granted: from here on the page warns


@dataclass(frozen=True, slots=True)
class ColumnLine:
    """One line of a column: what for, and how much came (+) or went (−)."""

    words: str
    amount: int


@dataclass(frozen=True, slots=True)
class Column:
    """One of the three accounts of a month, added from top to bottom."""

    opening: int
    lines: tuple[ColumnLine, ...]
    closing: int

    @property
    def adds_up(self) -> bool:
        """True when it does."""
        return self.opening + sum(line.amount for line in self.lines) == self.closing


_H, _F, _S = AccountKind.HOUSEHOLD, AccountKind.FUND, AccountKind.SHOP
_POINT_WORDS: Mapping[tuple[Kind, AccountKind, AccountKind], str] = {
    (Kind.OPENING, _F, _H): "原来本子转来 {n} 户",
    (Kind.AWARD, _F, _H): "公示后发出 {n} 笔",
    (Kind.REDEMPTION, _H, _S): "兑出 {n} 次",
    (Kind.REVERSAL, _S, _H): "退货 {n} 次",
    (Kind.DEDUCTION, _H, _F): "扣分 {n} 笔",
    (Kind.REVERSAL, _H, _F): "改正记多的 {n} 笔",
    (Kind.REVERSAL, _F, _H): "改正记少的 {n} 笔",
    (Kind.CLEAR, _H, _F): "清分 {n} 户",
    (Kind.CLEAR, _F, _H): "补平 {n} 户",
}
_MONEY_WORDS: Mapping[tuple[Kind, AccountKind, AccountKind], str] = {
    (Kind.SETTLEMENT, _S, AccountKind.SETTLED): "和店里结账 {n} 次",
    (Kind.REVERSAL, AccountKind.SETTLED, _S): "改正结账 {n} 次",
    (Kind.REVERSAL, _F, AccountKind.GRANT): "改正拨款 {n} 笔",
}
_GOODS_WORDS = {
    "opening": "摆上架",
    "received": "进货",
    "redeemed": "兑出",
    "returned": "退回",
    "counted": "盘点改正",
    "written_off": "损耗",
}


def points_column(begin: Position, flows: Sequence[Flow], end: Position) -> Column:
    """分: what households have, with everything that came to them and went from them. Among households nothing changes."""
    lines = [
        ColumnLine(
            _POINT_WORDS.get((flow.kind, flow.debit, flow.credit), "别的 {n} 笔").format(n=flow.count),
            flow.amount if flow.credit is _H else -flow.amount,
        )
        for flow in flows
        if (flow.debit is _H) != (flow.credit is _H)
    ]
    return Column(begin.households, _largest_first(lines), end.households)


def money_column(begin: Position, flows: Sequence[Flow], sources: Mapping[str, int], end: Position) -> Column:
    """钱, in points: granted by source, less what the shop was paid."""
    lines = [ColumnLine(source, amount) for source, amount in sources.items()]
    for flow in flows:
        if words := _MONEY_WORDS.get((flow.kind, flow.debit, flow.credit)):
            out = flow.kind is Kind.SETTLEMENT or flow.credit is AccountKind.GRANT
            lines.append(ColumnLine(words.format(n=flow.count), -flow.amount if out else flow.amount))
    return Column(begin.granted - begin.settled, tuple(lines), end.granted - end.settled)


def goods_column(opening: int, moved: Mapping[str, int], closing: int) -> Column:
    """货, in points at today's prices; ``moved`` is the month's worth by kind of move."""
    lines = [ColumnLine(_GOODS_WORDS.get(kind, "别的"), amount) for kind, amount in moved.items() if amount]
    return Column(opening, _largest_first(lines), closing)


@dataclass(frozen=True, slots=True)
class Cover:
    """够不够兑: what is owed to households and to the shop, against the goods on the shelf and the money in hand."""

    owed: int
    unsettled: int
    stock: int
    cash: int

    @property
    def missing(self) -> int:
        """How much is lacking; 0 when it is enough."""
        return max(0, self.owed + self.unsettled - self.stock - self.cash)


def near_limit(granted: int, issued: int) -> bool:
    """True from 80 % of what was granted on."""
    return issued * 100 >= granted * NEAR_PERCENT


def grouped(amount: int, decimals: int) -> str:
    """Points with commas: "5,204", "−1,291", "0.5"."""
    whole, tenth = divmod(abs(amount), 10) if decimals else (abs(amount), 0)
    return f"{MINUS if amount < 0 else ''}{whole:,}{f'.{tenth}' if tenth else ''}"


def yuan(amount: int, decimals: int, fen_per_point: int) -> str:
    """What points are worth: "6,480.00". Half a fen shows its third decimal, so that columns add up to the last figure."""
    mills, scale = abs(amount) * fen_per_point * 10, 10**decimals
    whole, rest = divmod(mills // scale, 1000)
    shown = f"{rest:03}".removesuffix("0")
    return f"{MINUS if amount < 0 else ''}{whole:,}.{shown}"


def plus(text: str, amount: int) -> str:
    """A figure of a column's line: with its sign."""
    return f"+{text}" if amount > 0 else text


def _largest_first(lines: Sequence[ColumnLine]) -> tuple[ColumnLine, ...]:
    """What came before what went, each the largest first."""
    return tuple(sorted(lines, key=lambda line: (line.amount < 0, -abs(line.amount))))
