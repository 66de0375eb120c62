"""How the counter names those who serve: on its screen and on its papers never the whole name, and never a login."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.kiosk_api import SnapshotClerk

UNKNOWN = "见村账"  # who left the register meanwhile: the ledger has the entry's own clerk
_TWO_CHARACTER_SURNAMES = frozenset({
    "欧阳", "上官", "司马", "诸葛", "夏侯", "皇甫", "尉迟", "公孙", "令狐", "慕容", "宇文", "长孙", "司徒", "端木", "东方", "独孤",
    "南宫", "百里", "呼延", "东郭", "轩辕", "钟离", "闻人", "申屠", "太史", "澹台", "公冶", "濮阳", "淳于", "单于", "鲜于", "万俟",
})  # fmt: skip


def masked(name: str) -> str:
    """Surname and two stars, a two-character surname whole: "周**", "上官**". A masked name stays as it is."""
    bare = name.replace("*", "").strip()
    surname = _surname(bare)
    return f"{surname}**" if surname else ""


def mark_of(login: str, clerks: Sequence[SnapshotClerk]) -> str:
    """What stands for that clerk, short and nobody else's: "周**"; where two would read alike "周*兰", and then the place among these
    ("周*兰2"). ``UNKNOWN`` for a login that is not in the register."""
    name = next((clerk.name for clerk in clerks if clerk.login == login), "").strip()
    if not name:
        return UNKNOWN
    for short in (masked, _first_and_last):
        alike = sorted(clerk.login for clerk in clerks if short(clerk.name) == short(name))
        if len(alike) == 1:
            return short(name)
    return f"{_first_and_last(name)}{alike.index(login) + 1}"


def _first_and_last(name: str) -> str:
    """ "周*兰", of 周玉兰 and of 周兰."""
    bare = name.replace("*", "").strip()
    return f"{_surname(bare)}*{bare[-1:]}"


def _surname(bare: str) -> str:
    return bare[:2] if bare[:2] in _TWO_CHARACTER_SURNAMES else bare[:1]
