"""Lines → the bytes of one print job, in the ESC/POS that cheap Chinese printers share.

A job begins with `ESC @`, so that no half receipt glues to the next, and `FS &`, which turns Hanzi on. It holds no
drawer, flash or settings command, and nothing in it can be taken for one: text was cleaned by `layout` and is checked
again here, and bitmaps are kept free of the real-time commands that printers obey even inside a picture.
"""

from collections.abc import Callable, Iterator, Sequence

from kiosk.receipts.text import clean, needs_raster
from kiosk.receipts.values import Bitmap, Blank, Cut, Line, Paper, Qr, Rule, Style, Text

Draw = Callable[[Text | Qr], Bitmap]

_ESC, _FS, _GS = b"\x1b", b"\x1c", b"\x1d"
_START = _ESC + b"@" + _FS + b"&"
_CUT = _ESC + b"d\x04" + _GS + b"V\x42\x00"
_TO_CENTRE, _TO_LEFT = _ESC + b"a\x01", _ESC + b"a\x00"
_RASTER_ROWS = 255
_QUIET_MODULES = 4
_LEAST_MODULE_DOTS = 4
_STYLES = {  # FS ! formats Hanzi only, GS ! letters and digits only
    Style.NORMAL: (_FS + b"!\x00", _GS + b"!\x00", _ESC + b"E\x00"),
    Style.TALL: (_FS + b"!\x08", _GS + b"!\x01", _ESC + b"E\x00"),
    Style.BIG: (_FS + b"!\x0c", _GS + b"!\x11", _ESC + b"E\x00"),
    Style.BOLD: (_FS + b"!\x00", _GS + b"!\x00", _ESC + b"E\x01"),
}
# Bytes that fit each QR version from 1 on, by level (ISO/IEC 18004, table 7).
_QR_BYTES = {
    "L": (
        *(17, 32, 53, 78, 106, 134, 154, 192, 230, 271, 321, 367, 425, 458, 520, 586, 644),
        *(718, 792, 858, 929, 1003, 1091, 1171, 1273, 1367, 1465, 1528, 1628),
    ),
    "M": (
        *(14, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331, 362, 412, 450, 504),
        *(560, 624, 666, 711, 779, 857, 911, 997, 1059, 1125, 1190, 1264),
    ),
}
_QR_LEVELS = {"L": b"1E0", "M": b"1E1"}


def encode(lines: Sequence[Line], paper: Paper, *, draw: Draw | None = None, native_qr: bool = True) -> bytes:
    """One job. `draw` gives the pictures of raster rows, and of QR codes unless the printer makes them (`native_qr`).

    Raises ValueError for a line that cannot be printed as asked: a control character, a QR code too large for the
    paper, or a picture that is needed when there is no `draw`, or is wider than the paper.
    """
    return _START + b"".join(_Encoder(paper, draw, native_qr).encode(lines))


def module_dots(code: Qr, paper: Paper) -> int:
    """Dots a side of one module of `code`, with a quiet zone: as many as it asks for and the paper holds, never under 4.

    Raises ValueError if the code does not fit the paper at 4 (Denso Wave's least for 203 dpi).
    """
    versions = enumerate(_QR_BYTES[code.level], start=1)
    version = next((v for v, room in versions if len(code.text) <= room), None)
    if version is not None:
        most = code.module_dots if paper.width_columns == 32 else code.module_dots + 1
        dots = min(paper.width_dots // (17 + 4 * version + 2 * _QUIET_MODULES), most)
        if dots >= _LEAST_MODULE_DOTS:
            return dots
    raise ValueError(f"a QR code of {len(code.text)} bytes does not fit {paper.width_dots} dots")


def bitmap_of(matrix: Sequence[Sequence[bool]], module_dots: int) -> Bitmap:
    """A QR code's modules (True is dark, no quiet zone) as a picture, `module_dots` dots a module."""
    rows: list[bytes] = []
    for modules in matrix:
        bits = "".join(("1" if dark else "0") * module_dots for dark in modules)
        bits += "0" * (-len(bits) % 8)
        rows += [int(bits, 2).to_bytes(len(bits) // 8, "big")] * module_dots
    return Bitmap(width_dots=len(matrix) * module_dots, rows=tuple(rows))


class _Encoder:
    """Writes lines one after the other; remembers the style the printer is in."""

    def __init__(self, paper: Paper, draw: Draw | None, native_qr: bool) -> None:
        self._paper = paper
        self._draw = draw
        self._native_qr = native_qr
        self._style: tuple[bytes, ...] = ()

    def encode(self, lines: Sequence[Line]) -> Iterator[bytes]:
        for line in lines:
            match line:
                case Text(raster=True):
                    yield self._picture(line)
                case Text():
                    yield self._text(line)
                case Rule():
                    yield self._text(Text("-" * self._paper.width_columns))
                case Blank():
                    yield b"\n"
                case Qr():
                    yield self._qr(line)
                case Cut():
                    yield _CUT

    def _text(self, line: Text) -> bytes:
        if clean(line.text) != line.text or needs_raster(line.text):
            raise ValueError("a text line holds clean text that printers have in their font")
        style = _STYLES[line.style]
        changed = b"".join(command for command in style if command not in self._style)
        self._style = style
        return changed + line.text.encode("gb18030") + b"\n"

    def _picture(self, line: Text | Qr) -> bytes:
        if self._draw is None:
            raise ValueError("this line needs a picture, and nothing was given to draw it")
        bitmap = self._draw(line)
        if bitmap.width_dots > self._paper.width_dots:
            raise ValueError("the picture is wider than the paper")
        return _raster(bitmap)

    def _qr(self, line: Qr) -> bytes:
        dots = module_dots(line, self._paper)
        quiet = _ESC + b"J" + bytes([_QUIET_MODULES * dots])
        code = _native_qr(line, dots) if self._native_qr else self._picture(line)
        return _TO_CENTRE + quiet + code + quiet + _TO_LEFT


def _native_qr(code: Qr, dots: int) -> bytes:
    """`GS ( k`: model 2, module size, level, store, print."""
    stored = b"1P0" + code.text.encode("ascii")
    functions = (b"1A2\x00", b"1C" + bytes([dots]), _QR_LEVELS[code.level], stored, b"1Q0")
    return b"".join(_GS + b"(k" + len(each).to_bytes(2, "little") + each for each in functions)


def _raster(bitmap: Bitmap) -> bytes:
    """`GS v 0` in slices that small receive buffers stand."""
    stride = (bitmap.width_dots + 7) // 8
    slices = (bitmap.rows[start : start + _RASTER_ROWS] for start in range(0, len(bitmap.rows), _RASTER_ROWS))
    return b"".join(
        _GS + b"v0\x00" + stride.to_bytes(2, "little") + len(rows).to_bytes(2, "little") + _harmless(b"".join(rows))
        for rows in slices
    )


def _harmless(pixels: bytes) -> bytes:
    """`pixels` with one more dot wherever they would spell DLE EOT, DLE ENQ or DLE DC4, obeyed even inside data."""
    for second in (b"\x04", b"\x05", b"\x14"):
        pixels = pixels.replace(b"\x10" + second, b"\x18" + second)
    return pixels
