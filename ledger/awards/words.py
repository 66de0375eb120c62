"""The words of awards, for pages, commands and boards alike: quantities, caps, refusals, standing."""

from __future__ import annotations

from ledger.awards.caps import Allowance, cap_words
from ledger.awards.values import Claim, ClaimState
from ledger.villages.store import Village
from schemas.points import points_text
from schemas.refusals import Refusal, words

STATE_WORDS = {
    ClaimState.CLAIMED: "等复核",
    ClaimState.ON_NOTICE: "公示中",
    ClaimState.CREDITED: "到账了",
    ClaimState.REJECTED: "没评上",
    ClaimState.WITHDRAWN: "撤回了",
}
_COUNTED = {"人次": "人次", "次": "次", "小时": "小时", "事": "件", "月": "个月", "年": "年", "人": "人", "天": "天"}


def refusal_text(refusal: Refusal, village: Village) -> str:
    """What the person at the screen reads, then the way out: 日子还没到：11月28日。改成做事那天"""
    told = (refusal.code.seen, refusal.code.next_step)
    return "。".join(
        words(sentence, refusal.figures, decimals=village.decimals, phone=village.phone) for sentence in told
    )


def count_text(quantity: int, unit: str) -> str:
    """``quantity`` with the word that its item counts in: 2 人次."""
    counted = unit.removeprefix("每")
    return f"{quantity} {_COUNTED.get(counted, '次')}"


def each_text(points: int, unit: str, decimals: int) -> str:
    """What one is worth: 每次 5 分."""
    return f"{unit} {points_text(points, decimals)} 分"


def deed_text(name: str, quantity: int, unit: str) -> str:
    """What was done, on one line: 义务劳动; 参加集体清扫，2 人次."""
    return name if quantity == 1 else f"{name}，{count_text(quantity, unit)}"


def public_text(claim: Claim) -> str:
    """What a notice may say of a claim: its item, or only its area where the rule book says so."""
    if claim.public == "item":
        return deed_text(claim.item_name, claim.quantity, claim.unit)
    return claim.area_name


def capped_text(asked: int, allowed: Allowance, decimals: int) -> str:
    """Why less counts than was asked for: 一户一月最多 40 分，原是 5 分，这次记 2 分. Empty when all of it counts."""
    if allowed.points >= asked or allowed.cap is None:
        return ""
    was, now = points_text(asked, decimals), points_text(allowed.points, decimals)
    return f"{cap_words(allowed.cap, decimals)}，原是 {was} 分，这次记 {now} 分"


def held_down_text(claim: Claim, decimals: int) -> str:
    """The same for a claim that hangs or is credited, where only the figures are known. Empty when all of it counts."""
    return f"原是 {points_text(claim.asked_points, decimals)} 分，到上限了" if claim.capped else ""
