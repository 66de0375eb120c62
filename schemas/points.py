"""Amounts of points at the edge: integers in the village's minor unit inside, decimal text outside.

A village has 0 or 1 decimals (one published scheme sells vinegar at 0.5 point). With 1 decimal, 15 is "1.5".
"""

from __future__ import annotations

import re

MINUS = "\u2212"
_AMOUNT = re.compile(r"([+\-−]?)(\d{1,12})(?:\.(\d))?")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．，＋－", "0123456789.,+-")


def points_text(amount: int, decimals: int) -> str:
    """``amount`` minor units as people write them: "5", "1.5", "−10". The minus is U+2212."""
    whole = str(abs(amount)) if decimals == 0 else f"{abs(amount) // 10}.{abs(amount) % 10}".removesuffix(".0")
    return f"{MINUS}{whole}" if amount < 0 else whole


def parse_points(text: str, decimals: int) -> int | None:
    """Minor units for what a person typed, full-width digits and blanks forgiven; None when it is no such amount.

    More decimals than the village has is None, not a rounding.
    """
    cleaned = text.translate(_FULL_WIDTH).replace(",", "").replace(" ", "").replace("\u3000", "")
    found = _AMOUNT.fullmatch(cleaned)
    if found is None:
        return None
    sign, whole, tenth = str(found[1]), str(found[2]), found[3]
    if tenth and decimals == 0 and tenth != "0":
        return None
    amount = int(whole) * (10 if decimals else 1) + (int(tenth) if tenth and decimals else 0)
    return -amount if sign in ("-", MINUS) else amount
