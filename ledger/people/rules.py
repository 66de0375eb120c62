"""Names and numbers of households: masking, initials' look-up, full-width digits. Pure."""

from __future__ import annotations

import unicodedata
from typing import Protocol

MASK = "*"

# Two-character surnames in use (公安部 2020 name report and 百家姓); the surname stays whole when a name is masked.
_COMPOUND = (
    "欧阳上官司马诸葛司徒夏侯东方皇甫尉迟公孙慕容令狐端木长孙宇文轩辕独孤南宫闻人澹台公冶宗政濮阳淳于单于太叔申屠仲孙钟离鲜于"
    "闾丘司空亓官司寇子车颛孙巫马公西漆雕乐正壤驷公良拓跋夹谷宰父谷梁百里呼延东郭南门羊舌微生梁丘左丘东门西门第五赫连万俟纳兰"
    "完颜叶赫那拉歐陽司馬諸葛東方尉遲"
)
COMPOUND_SURNAMES = frozenset(_COMPOUND[place : place + 2] for place in range(0, len(_COMPOUND), 2))


class Findable(Protocol):
    """What a search looks at."""

    @property
    def number(self) -> str: ...
    @property
    def head_name(self) -> str: ...
    @property
    def initials(self) -> str: ...


def mask_name(name: str) -> str:
    """The name as others may see it: the surname whole, a star for each given character. 汤勇芳 → 汤**, 欧阳修文 → 欧阳**.

    A name with a middle dot keeps its first character only. A name of one character, or of a surname alone, gets one star.
    """
    letters = _letters(name)
    dotted = any(mark in name for mark in "·•・")
    two = "".join(letters[:2])
    kept = 2 if two in COMPOUND_SURNAMES and len(letters) > 2 and not dotted else 1
    return "".join(letters[:kept]) + MASK * max(1, len(letters) - kept)


def half_width(text: str) -> str:
    """``text`` as typed on an English keyboard: full-width letters and digits narrowed, outer blanks gone."""
    return unicodedata.normalize("NFKC", text).strip()


def matches(household: Findable, text: str) -> bool:
    """True when ``text`` is the number (zeros in front may be left out), part of the name, or the start of its initials."""
    wanted = half_width(text)
    if not wanted:
        return False
    if wanted.isascii() and wanted.isdigit():
        return household.number.lstrip("0") == wanted.lstrip("0")
    if wanted.upper() == household.number:
        return True
    if wanted.isascii():
        return household.initials.startswith(wanted.lower())
    return text.strip() in household.head_name


def _letters(name: str) -> list[str]:
    """The name's characters as a reader counts them: variation selectors and combining marks stay with their letter."""
    letters: list[str] = []
    for character in name:
        if character.isspace() or character in "·•・":
            continue
        if letters and (unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Cf")):
            letters[-1] += character
        else:
            letters.append(character)
    return letters
