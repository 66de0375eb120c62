"""From a sentence to the clips that say it. Pure.

The village records some sixty short clips; every sentence that is heard at the counter is put together from them.
A sentence that they do not cover is not said at all: half of one would mislead.
"""

from __future__ import annotations

import re

from schemas.points import points_text

CLIPS: tuple[str, ...] = (
    "零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "百", "千", "万", "两", "点", "半", "负", "分",
    "元", "角", "月", "号", "件", "分钟", "您家有", "这次用", "还剩", "还差", "要留", "公示里还有", "到账", "补现金",
    "这是付款码", "这是小票上的码", "这里扫积分卡", "这张卡读不出来", "再放一次", "这张卡已经停用",
    "您家有新卡了，带新卡来", "这是别的村的卡，要到那个村用", "这样东西", "今天还能兑", "今天不兑换",
    "今天兑满了，有网再来", "没有网", "先记在机器上", "没带卡", "要一位认得您的人", "代领", "密码不对，再按一次",
    "密码先停用，等", "您家先不能兑", "加的分补齐就能兑", "拿到村里看一看", "少拿一样", "这里不收现金", "最多",
    "一次", "小票等一等，没有多扣分", "机器要修，拿备用小票办", "已经办过了，没有再扣分", "好了，拿好东西和小票",
    "还没有上架", "没有了，换一样", "价钱变了，听新的", "再念一遍",
    "超过", "要按密码", "要补的钱变了，听新的", "这里不订货，有货再来", "留的货过了日子，分已经退回", "重新选",
    "订的货已经取走了", "预订已经退了", "留的分不够", "先放积分卡", "等前面这一户办完", "一张单放不下了",
    "这一单村里没有记，分没有动", "有网再订", "先前的订货没留上",
)  # fmt: skip
"""What each clip says; clip 1 is the first."""

NEEDED = 63
"""The clips that every village records. Those after them belong to what only some villages do: PINs, cash, goods ahead."""

MAY_LACK = frozenset({64, 65, 66, 67})
"""Without these a sentence is still true. A sentence that lacks any other clip is not said."""

_ZERO, _TEN, _HUNDRED, _THOUSAND, _MYRIAD, _TWO, _POINT, _MINUS = 1, 11, 12, 13, 14, 15, 16, 18
_MISSING, _POINTS_UNIT = 29, 19
_LARGEST = 99_999_999
_MEASURES = ("分钟", "分", "件", "元", "角")  # a two before these is 两; before 月 and 号 it is 二
_NUMBER = re.compile(r"(-?)(\d+)(?:\.(\d+))?")
_UNHEARD = re.compile(r"[\s，。、；：？！“”（）·]")
_BY_LENGTH = sorted(((_UNHEARD.sub("", words), n) for n, words in enumerate(CLIPS, start=1)), key=lambda c: -len(c[0]))


def clips_of(sentence: str) -> tuple[int, ...]:
    """The clips that say this sentence, figures and all; () when some of it is on no clip."""
    rest, clips = _UNHEARD.sub("", sentence), []
    while rest:
        if found := _NUMBER.match(rest):
            rest = rest[found.end() :]
            if int(found[2]) > _LARGEST:
                return ()
            clips += [_MINUS] * bool(found[1])
            clips += number(int(found[2]), found[3] or "", measured=rest.startswith(_MEASURES))
            continue
        words, clip = next((each for each in _BY_LENGTH if rest.startswith(each[0])), ("", 0))
        if not words:
            return ()
        clips.append(clip)
        rest = rest.removeprefix(words)
    return tuple(clips)


def balance(points: int, on_notice: int, decimals: int) -> str:
    """How much a household has, as it is said aloud; points in the minor unit. What it owes is 还差, never a negative number."""
    if points < 0:
        return f"您家先不能兑，加的分补齐就能兑，还差 {points_text(-points, decimals)} 分"
    more = f"，公示里还有 {points_text(on_notice, decimals)} 分" if on_notice else ""
    return f"您家有 {points_text(points, decimals)} 分{more}"


def number(whole: int, decimals: str = "", *, measured: bool = False) -> list[int]:
    """A number as it is read aloud: 十一, 两百零五, 三点五. ``measured``: a measure word follows, so that 2 is 两.

    ValueError below 0 and above 99,999,999.
    """
    if not 0 <= whole <= _LARGEST:
        raise ValueError("no clips for that number")
    if decimals:
        return [*number(whole), _POINT, *(_digit(int(digit)) for digit in decimals)]
    if whole == 2 and measured:
        return [_TWO]
    myriads, below = divmod(whole, 10_000)
    if not myriads:
        return _below_myriad(below)
    clips = [*([_TWO] if myriads == 2 else _below_myriad(myriads)), _MYRIAD]
    if not below:
        return clips
    return [*clips, *([_ZERO] if below < 1_000 else []), *_below_myriad(below, after=True)]


def _below_myriad(value: int, *, after: bool = False) -> list[int]:
    """``after``: something larger was said before it, so that ten is 一十."""
    clips: list[int] = []
    gap = False
    for place, name in ((1_000, _THOUSAND), (100, _HUNDRED), (10, _TEN), (1, 0)):
        digit = value // place % 10
        if not digit:
            gap = bool(clips)
            continue
        clips += [_ZERO] * gap
        gap = False
        if not (place == 10 and digit == 1 and not clips and not after):
            clips.append(_TWO if digit == 2 and place >= 100 else _digit(digit))
        clips += [name] * bool(name)
    return clips or [_ZERO]


def _digit(digit: int) -> int:
    return digit + 1
