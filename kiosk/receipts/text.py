"""Text as a receipt printer sees it: which characters it has, how wide they are, where a line breaks.

Columns are bytes of GBK, not `wcwidth`: “ ” … · ℃ are two columns on these printers.
"""

import unicodedata
from collections.abc import Iterator

_CLOSING = frozenset("，。、；：？！）》”’」』】")


def clean(text: str) -> str:
    """`text` without anything a printer could take for a command: category C is gone, any other white space is a space.

    U+00A5 becomes the full-width ￥, which GBK has; the full-width space stays.
    """
    return "".join(_clean(char) for char in text)


def _clean(char: str) -> str:
    if char == "\u00a5":
        return "\uffe5"
    if char in "\t\n\r\v\f\x85":
        return " "
    category = unicodedata.category(char)
    if category[0] == "C":
        return ""
    return " " if category[0] == "Z" and char != "\u3000" else char


def in_font(char: str) -> bool:
    """Whether printers have this character in ROM: ASCII, or two bytes in GBK. 𠮷, 䶮, ñ and 😀 are not there."""
    if char.isascii():
        return True
    try:
        code = char.encode("gbk")
    except UnicodeEncodeError:
        return False
    return len(code) == 2 and code == char.encode("gb18030")


def needs_raster(text: str) -> bool:
    """Whether a row of this text has to be sent as a picture."""
    return not all(map(in_font, text))


def width(text: str) -> int:
    """Columns of clean text: for what the printer has, exactly `len(text.encode("gb18030"))`."""
    return sum(1 if char.isascii() else 2 for char in text)


def centre(text: str, columns: int) -> str:
    """`text` in the middle, with no spaces after it."""
    return " " * max(0, (columns - width(text)) // 2) + text


def right(text: str, columns: int) -> str:
    """`text` at the right edge."""
    return " " * max(0, columns - width(text)) + text


def left(text: str, columns: int) -> str:
    """`text` at the left edge, filled up with spaces."""
    return text + " " * max(0, columns - width(text))


def wrap(text: str, columns: int) -> tuple[str, ...]:
    """`text` in rows of at most `columns` ≥ 4 columns; at least one row, and only spaces at a break are lost.

    Letters and digits stay together where they fit, and no row starts with a closing mark.
    """
    rows = [""]
    for word in _words(text, columns):
        if width(rows[-1] + word) > columns:
            if word == " ":
                continue
            carried = rows[-1][-1] if word in _CLOSING and len(rows[-1]) > 1 else ""
            rows[-1] = rows[-1].removesuffix(carried)
            rows.append(carried)
        if word != " " or rows[-1] or len(rows) == 1:
            rows[-1] += word
    return tuple(row.rstrip(" ") for row in rows)


def _words(text: str, columns: int) -> Iterator[str]:
    """Runs of at most `columns` ASCII letters without spaces, and every other character for itself."""
    run = ""
    for char in text:
        if run and (len(run) == columns or not _joins(char)):
            yield run
            run = ""
        if _joins(char):
            run += char
        else:
            yield char
    if run:
        yield run


def _joins(char: str) -> bool:
    return char.isascii() and char != " "
