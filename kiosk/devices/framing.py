"""Bytes from a scanner → codes. Pure: time comes in as an argument.

Scanners end a code with CR, LF, CRLF, or with nothing but silence; pyserial's `readline` handles none of the last three
well, so framing is ours. Replies to set-up commands (`02 00 00 length data… crc crc`, GM65 family) come in the same
stream and are taken out.
"""

from kiosk.devices.ports import Scan, ScanUnreadable, UnreadableReason

LONGEST_CODE = 512
IDLE_GAP_S = 0.1
_ENDS = b"\r\n"
_REPLY = b"\x02\x00\x00"

Frame = Scan | ScanUnreadable


class Framer:
    """Collects one code at a time, never more than 512 bytes of it."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._reply_bytes_left = 0
        self._discarding = False
        self._last_byte_s = 0.0

    def feed(self, data: bytes, now_s: float) -> list[Frame]:
        """The codes that `data` completes, in order. However a stream is cut into pieces, the codes are the same."""
        if data:
            self._last_byte_s = now_s
        frames: list[Frame] = []
        for byte in data:
            if self._reply_bytes_left:
                self._reply_bytes_left -= 1
            elif byte in _ENDS:
                frames += self._end()
            elif not self._discarding:
                frames += self._hold(byte)
        return frames

    def tick(self, now_s: float) -> list[Frame]:
        """Call it when the line was just found silent: a gap of 100 ms ends a code that has no terminator."""
        if now_s - self._last_byte_s < IDLE_GAP_S:
            return []
        self._reply_bytes_left = 0
        return self._end()

    def _hold(self, byte: int) -> list[Frame]:
        self._held.append(byte)
        if len(self._held) == len(_REPLY) + 1 and self._held.startswith(_REPLY):
            self._held.clear()
            self._reply_bytes_left = byte + 2
        elif len(self._held) > LONGEST_CODE:
            self._held.clear()
            self._discarding = True
            return [ScanUnreadable(UnreadableReason.TOO_LONG)]
        return []

    def _end(self) -> list[Frame]:
        code = bytes(self._held).strip(b" \t")
        self._held.clear()
        self._discarding = False
        if not code or code == _REPLY:
            return []
        if not all(0x20 <= byte <= 0x7E for byte in code):
            return [ScanUnreadable(UnreadableReason.NOT_TEXT)]
        return [Scan(code.decode("ascii"))]


class Repeats:
    """Tells a code that a scanner repeats by itself, while the card still lies there, from one that somebody scans again.

    Most scanners come without any such rule. Every repeat begins the time anew, so a card that is left lying counts once.
    """

    def __init__(self, same_code_s: float) -> None:
        """`same_code_s`: how long after its last reading the same code is the same reading; 0 lets everything through."""
        self._same_code_s = same_code_s
        self._last = ""
        self._last_s = 0.0

    def is_one(self, frame: Frame, now_s: float) -> bool:
        """True when this is the last code once more."""
        text = frame.text if isinstance(frame, Scan) else ""
        same = text != "" and text == self._last and now_s - self._last_s < self._same_code_s
        self._last, self._last_s = text, now_s
        return same
