"""What a job looks like on paper: bytes → picture, by the rules that printers follow and not by the layout's."""

import io
from typing import TYPE_CHECKING, Literal

from kiosk.devices.decode import Command, Kind, decode
from kiosk.devices.glyphs import COLUMN_DOTS, LEADING_DOTS, ROW_DOTS, glyph
from kiosk.devices.raster import qr_matrix
from kiosk.receipts.escpos import bitmap_of
from kiosk.receipts.text import width

if TYPE_CHECKING:
    from PIL.Image import Image

_MARGIN_DOTS = 16


def png(job: bytes, width_dots: int) -> bytes:
    """The job as a PNG, black on white, `width_dots` wide."""
    out = io.BytesIO()
    render(job, width_dots).save(out, "PNG")
    return out.getvalue()


def render(job: bytes, width_dots: int) -> "Image":
    """The job as a mode "L" picture. What a printer would not understand is skipped, as most of them do."""
    from PIL import Image, ImageOps

    bands = _Head(width_dots).print(decode(job))
    paper = Image.new("1", (width_dots, sum(band.height for band in bands) + 2 * _MARGIN_DOTS))
    top = _MARGIN_DOTS
    for band in bands:
        paper.paste(band, (0, top))
        top += band.height
    return ImageOps.invert(paper.convert("L"))


class _Head:
    """The print head: a row that fills up, a style, an alignment, and the bands of paper already out."""

    def __init__(self, width_dots: int) -> None:
        self._width_dots = width_dots
        self._bands: list[Image] = []
        self._row: list[Image] = []
        self._reset()

    def _reset(self) -> None:
        self._hanzi = self._letters = (1, 1)
        self._bold = False
        self._centred = False
        self._module_dots = 3
        self._level: Literal["L", "M"] = "M"
        self._code = ""

    def print(self, commands: list[Command]) -> "list[Image]":
        for command in commands:
            self._do(command)
        if self._row:
            self._line_feed()
        return self._bands

    def _do(self, command: Command) -> None:
        match command.kind:
            case Kind.TEXT:
                self._set(command.text)
            case Kind.LINE_FEED:
                self._line_feed()
            case Kind.INITIALIZE:
                self._reset()
            case Kind.HANZI_STYLE:
                self._hanzi = (2 if command.body[0] & 4 else 1, 2 if command.body[0] & 8 else 1)
            case Kind.LETTER_STYLE:
                self._letters = ((command.body[0] >> 4 & 7) + 1, (command.body[0] & 7) + 1)
            case Kind.BOLD:
                self._bold = bool(command.body[0] & 1)
            case Kind.ALIGN:
                self._centred = command.body[0] in (1, 49)
            case Kind.FEED_LINES:
                self._feed(command.body[0] * (ROW_DOTS + LEADING_DOTS))
            case Kind.FEED_DOTS:
                self._feed(command.body[0])
            case Kind.QR:
                self._qr(command.body[2:])
            case Kind.RASTER:
                stride = command.body[1] + 256 * command.body[2]
                self._picture(_rows(command.body[5:], stride), stride * 8)
            case Kind.CUT:
                self._cut()

    def _set(self, text: str) -> None:
        """Into the row; a row that is full goes out by itself, as on the real ones."""
        for char in text:
            scale_x, scale_y = self._letters if char.isascii() else self._hanzi
            if self._used_dots() + COLUMN_DOTS * width(char) * scale_x > self._width_dots:
                self._line_feed()
            self._row.append(glyph(char, scale_x, scale_y, bold=self._bold))

    def _used_dots(self) -> int:
        return sum(cell.width for cell in self._row)

    def _line_feed(self) -> None:
        """Letters of one row stand on one line, so small ones beside large ones stand low."""
        height = max((cell.height for cell in self._row), default=ROW_DOTS)
        band = self._feed(height + LEADING_DOTS)
        x = (self._width_dots - self._used_dots()) // 2 if self._centred else 0
        for cell in self._row:
            band.paste(cell, (x, height - cell.height))
            x += cell.width
        self._row = []

    def _feed(self, dots: int) -> "Image":
        from PIL import Image

        self._bands.append(Image.new("1", (self._width_dots, dots)))
        return self._bands[-1]

    def _qr(self, function: bytes) -> None:
        match function[:2]:
            case b"1C":
                self._module_dots = function[2]
            case b"1E":
                self._level = "L" if function[2:3] == b"0" else "M"
            case b"1P":
                self._code = function[3:].decode("ascii", "replace")
            case b"1Q" if self._code.isascii():
                bitmap = bitmap_of(qr_matrix(self._code, self._level), self._module_dots)
                self._picture(bitmap.rows, bitmap.width_dots)

    def _picture(self, rows: tuple[bytes, ...], width_dots: int) -> None:
        from PIL import Image

        picture = Image.frombytes("1", (width_dots, len(rows)), b"".join(rows))
        left = max(0, self._width_dots - width_dots) // 2 if self._centred else 0
        self._feed(len(rows)).paste(picture, (left, 0))

    def _cut(self) -> None:
        from PIL import ImageDraw

        band = self._feed(2)
        pen = ImageDraw.Draw(band)
        for x in range(0, self._width_dots, COLUMN_DOTS):
            pen.line((x, 0, x + COLUMN_DOTS // 2, 0), fill=1)


def _rows(pixels: bytes, stride: int) -> tuple[bytes, ...]:
    return tuple(pixels[start : start + stride] for start in range(0, len(pixels), stride)) if stride else ()
