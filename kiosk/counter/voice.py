"""What is said aloud, as numbers of the village's recordings: words.md §8, its 63 clips and its rules for figures. Pure."""

from __future__ import annotations

from collections.abc import Iterator

_ZERO, _TEN, _HUNDRED, _THOUSAND, _MYRIAD, _PAIR, _POINT = 1, 11, 12, 13, 14, 15, 16
_UNITS = (0, _TEN, _HUNDRED, _THOUSAND)
_FEN, _YOU_HAVE, _MISSING, _ON_NOTICE = 19, 26, 29, 31
_BARRED, _MADE_GOOD = 53, 54
LARGEST = 99_999_999


def balance_clips(balance: int, on_notice: int, decimals: int) -> tuple[int, ...]:
    """您家有 55 分，公示里还有 5 分; who owes hears 还差, never 负. Points in the minor unit."""
    if balance < 0:
        return _BARRED, _MADE_GOOD, _MISSING, *points_clips(-balance, decimals), _FEN
    more = (_ON_NOTICE, *points_clips(on_notice, decimals), _FEN) if on_notice else ()
    return _YOU_HAVE, *points_clips(balance, decimals), _FEN, *more


def points_clips(amount: int, decimals: int) -> tuple[int, ...]:
    """An amount that is not negative: 几点几 where there is a tenth."""
    whole, tenth = divmod(amount, 10) if decimals else (amount, 0)
    if tenth:
        return *number_clips(whole), _POINT, tenth + 1
    return number_clips(whole, measured=True)


def number_clips(number: int, *, measured: bool = False) -> tuple[int, ...]:
    """A whole number as it is read: 十一 without 一, one 零 for a gap, 两 before 百, 千, 万 and, ``measured``, alone before its unit.

    ValueError below zero and above ``LARGEST``: such a balance is for eyes only.
    """
    if not 0 <= number <= LARGEST:
        raise ValueError("no such number is read aloud")
    if number == 0:
        return (_ZERO,)
    if number == 2 and measured:
        return (_PAIR,)
    high, low = divmod(number, 10_000)
    clips = [*_section(high), _MYRIAD] if high else []
    if high == 2:
        clips = [_PAIR, _MYRIAD]
    if high and 0 < low < 1_000:
        clips.append(_ZERO)
    clips += _section(low)
    return tuple(clips[1:] if clips[:2] == [2, _TEN] else clips)


def _section(number: int) -> Iterator[int]:
    """Up to four figures."""
    gap = False
    for place in (3, 2, 1, 0):
        figure = number // 10**place % 10
        if figure == 0:
            gap = True
            continue
        if gap and number >= 10 ** (place + 1):
            yield _ZERO
        gap = False
        yield _PAIR if figure == 2 and place >= 2 else figure + 1
        if place:
            yield _UNITS[place]
