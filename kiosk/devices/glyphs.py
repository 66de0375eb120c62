"""The letters that both the raster rows and the virtual printer draw: 24 dots high, 12 or 24 wide, like printers' own."""

from functools import lru_cache
from typing import TYPE_CHECKING

from kiosk.receipts.text import width

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

COLUMN_DOTS = 12
ROW_DOTS = 24
LEADING_DOTS = 6
_SC, _MONO_SC = 2, 7  # faces of Noto Sans CJK; the mono one has ASCII exactly half as wide as Hanzi
_HANZI_BASELINE, _ASCII_BASELINE = 21, 20


@lru_cache(maxsize=2048)
def glyph(char: str, scale_x: int = 1, scale_y: int = 1, *, bold: bool = False) -> "Image":
    """One character as a mode "1" picture, ink is 1, `12 * width(char) * scale_x` by `24 * scale_y` dots."""
    from PIL import Image, ImageDraw

    face, baseline = (_MONO_SC, _ASCII_BASELINE) if char.isascii() else (_SC, _HANZI_BASELINE)
    cell = Image.new("1", (COLUMN_DOTS * width(char), ROW_DOTS))
    pen = ImageDraw.Draw(cell)
    pen.fontmode = "1"
    for offset in (0, 1) if bold else (0,):
        pen.text((offset, baseline), char, fill=1, font=_font(face), anchor="ls")
    return cell.resize((cell.width * scale_x, cell.height * scale_y), Image.Resampling.NEAREST)


@lru_cache(maxsize=2)
def _font(face: int) -> "FreeTypeFont":
    """The font of the PyPI package noto-cjk-sans-otc, at 24 dots an em."""
    from noto_cjk_sans_otc import FONT_PATH  # type: ignore[import-untyped]
    from PIL import ImageFont

    return ImageFont.truetype(str(FONT_PATH), ROW_DOTS, index=face)
