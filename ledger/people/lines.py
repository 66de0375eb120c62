"""What a line of a household's account is called. Pure."""

from __future__ import annotations

import json
import re

from ledger.book.reading import StatementLine
from ledger.book.values import Kind

_WORDS = {
    Kind.OPENING: "期初",
    Kind.AWARD: "加分",
    Kind.DEDUCTION: "扣分",
    Kind.REDEMPTION: "兑换",
    Kind.REVERSAL: "改正",
    Kind.SPLIT: "分户",
    Kind.MERGE: "并户",
    Kind.CLEAR: "清掉",
    Kind.GRANT: "下拨",
    Kind.SETTLEMENT: "结算",
}
_SALE_NUMBER = re.compile(r"[0-9]+-[0-9]{6}")  # a receipt's 单号


def line_words(line: StatementLine, deed: str = "") -> str:
    """ "期初", "兑换 酱油、香皂", "加分 义务劳动（编号 31）", "退回 1-000486": the kind, and what its document says it stands on.

    Which ``deed`` an award was only a higher room knows; without it the claim's number alone is told.
    """
    told = _what_for(line.document)
    if deed:
        told = f"{deed}（{told}）" if told else deed
    returned = line.kind is Kind.REVERSAL and _SALE_NUMBER.fullmatch(told)
    word = "退回" if returned else _WORDS[line.kind]
    return f"{word} {told}" if told else word


def _what_for(document: bytes | None) -> str:
    """Empty when the document was erased or says nothing that we know."""
    try:
        body = json.loads(document or b"{}")
    except ValueError:
        return ""
    if not isinstance(body, dict):
        return ""
    lines = body.get("lines")
    if isinstance(lines, list):
        return "、".join(str(line["name"]) for line in lines if isinstance(line, dict) and "name" in line)
    if (claim := body.get("claim")) is not None:
        return f"编号 {claim}"
    return str(body.get("reverses", ""))
