"""Pinyin initials of a name, for finding a household by three keys."""

from __future__ import annotations

# Surnames that are read otherwise than the character: the reading of the name goes first.
_SURNAMES = {
    "单": "s", "解": "x", "曾": "z", "仇": "q", "区": "o", "查": "z", "朴": "p", "翟": "z", "盖": "g", "乐": "y", "缪": "m",
    "冼": "x", "折": "s", "秘": "b", "员": "y", "种": "c", "逄": "p", "长孙": "zs", "尉迟": "yc", "万俟": "mq", "单于": "cy",
}  # fmt: skip


def initials_of(name: str) -> str:
    """The first letter of each character's pinyin in lower case: 汤勇芳 → "tyf". A character without one is left out."""
    for length in (2, 1):
        if (reading := _SURNAMES.get(name[:length])) is not None:
            return reading + _letters(name[length:])
    return _letters(name)


def _letters(name: str) -> str:
    from pypinyin import (
        Style,
        lazy_pinyin,
    )  # its tables take half a second and 20 MB: only an import of households needs them

    found = lazy_pinyin(name, style=Style.FIRST_LETTER, errors="ignore")
    return "".join(letter.lower() for letter in found if letter.isascii() and letter.isalpha())
