"""Pictures for the printer: rows with characters that are in no printer's font, and QR codes for printers that make none."""

from typing import TYPE_CHECKING, Literal

from kiosk.devices.glyphs import COLUMN_DOTS, LEADING_DOTS, ROW_DOTS, glyph
from kiosk.receipts.escpos import Draw, bitmap_of, module_dots
from kiosk.receipts.text import width
from kiosk.receipts.values import Bitmap, Paper, Qr, Style, Text

if TYPE_CHECKING:
    from PIL.Image import Image


def drawer(paper: Paper) -> Draw:
    """What `receipts.escpos.encode` asks for pictures for this paper."""

    def draw(line: Text | Qr) -> Bitmap:
        if isinstance(line, Text):
            return text_bitmap(line)
        return bitmap_of(qr_matrix(line.text, line.level), module_dots(line, paper))

    return draw


def text_bitmap(line: Text) -> Bitmap:
    """One row as a picture, as wide as its text; looks like the rows that the printer sets itself."""
    from PIL import Image

    style = line.style
    row = Image.new("1", (width(line.text) * COLUMN_DOTS * style.scale_x, ROW_DOTS * style.scale_y + LEADING_DOTS))
    column = 0
    for char in line.text:
        row.paste(glyph(char, style.scale_x, style.scale_y, bold=style is Style.BOLD), (column * COLUMN_DOTS, 0))
        column += width(char) * style.scale_x
    return _bitmap(row)


def qr_matrix(text: str, level: Literal["L", "M"] = "M") -> list[list[bool]]:
    """The modules of `text` as a QR code, without a quiet zone; True is dark."""
    import qrcode

    levels = {"L": qrcode.constants.ERROR_CORRECT_L, "M": qrcode.constants.ERROR_CORRECT_M}
    code = qrcode.QRCode(error_correction=levels[level], border=0)
    code.add_data(text.encode("ascii"), optimize=0)
    code.make(fit=True)
    return [[bool(module) for module in row] for row in code.get_matrix()]


def _bitmap(image: "Image") -> Bitmap:
    stride, packed = (image.width + 7) // 8, image.tobytes()
    return Bitmap(image.width, tuple(packed[start : start + stride] for start in range(0, len(packed), stride)))
