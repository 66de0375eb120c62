"""The tokenizer that judges our jobs: it must see what a printer sees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.devices.decode import Command, Kind, decode, split


def kinds(data: bytes) -> list[Kind]:
    return [command.kind for command in decode(data)]


@given(st.binary(max_size=300))
def test_no_byte_is_lost_or_invented(data: bytes) -> None:
    assert b"".join(command.raw for command in decode(data)) == data


@given(st.binary(max_size=200), st.integers(0, 200))
def test_bytes_may_come_in_two_parts(data: bytes, cut: int) -> None:
    first, rest = split(data[:cut])
    second, rest = split(rest + data[cut:])
    whole, rest_of_whole = split(data)
    assert _joined(first + second) == _joined(whole)
    assert rest == rest_of_whole


def _joined(commands: list[Command]) -> list[tuple[Kind, bytes]]:
    """Commands with neighbouring runs of text put together."""
    joined: list[tuple[Kind, bytes]] = []
    for command in commands:
        if joined and command.kind is Kind.TEXT is joined[-1][0]:
            joined[-1] = (Kind.TEXT, joined[-1][1] + command.raw)
        else:
            joined.append((command.kind, command.raw))
    return joined


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x1b@", Kind.INITIALIZE),
        (b"\x1c&", Kind.HANZI_ON),
        (b"\x1c!\x0c", Kind.HANZI_STYLE),
        (b"\x1d!\x11", Kind.LETTER_STYLE),
        (b"\x1bE\x01", Kind.BOLD),
        (b"\x1ba\x01", Kind.ALIGN),
        (b"\x1bd\x04", Kind.FEED_LINES),
        (b"\x1bJ\x14", Kind.FEED_DOTS),
        (b"\x1dV\x00", Kind.CUT),
        (b"\x1dVB\x00", Kind.CUT),
        (b"\x1d(k\x03\x001C\x05", Kind.QR),
        (b"\x1dv0\x00\x02\x00\x02\x00\x1bp\x00\x19", Kind.RASTER),
        (b"\x10\x04\x01", Kind.ASK_STATUS),
        (b"\x1da\x00", Kind.STATUS_BACK),
        (b"\x1dr\x01", Kind.FENCE),
        (b"\x1bp\x00\x32\x32", Kind.DRAWER),
        (b"\x10\x14\x01\x00\x01", Kind.REAL_TIME),
        (b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08", Kind.REAL_TIME),
        (b"\x1b=\x00", Kind.DESELECT),
        (b"\x1c.", Kind.HANZI_OFF),
        (b"\n", Kind.LINE_FEED),
        ("剩余 5 分".encode("gbk"), Kind.TEXT),
    ],
)
def test_each_command_is_known_by_its_name_and_length(data: bytes, kind: Kind) -> None:
    assert kinds(data + b"\nx") == [kind, Kind.LINE_FEED, Kind.TEXT]
    assert all(split(data[:end])[1] == data[:end] for end in range(1, len(data)) if kind not in (Kind.TEXT, Kind.CUT))


@pytest.mark.parametrize("byte", [*range(0x0A), *range(0x0B, 0x20), 0x7F, 0x80, 0xFF])
def test_a_stray_byte_is_unknown(byte: int) -> None:
    assert kinds(b"a" + bytes([byte]) + b"\nb")[1] is Kind.UNKNOWN


def test_a_four_byte_character_is_no_text() -> None:
    assert Kind.UNKNOWN in kinds("𠮷".encode("gb18030"))
    assert Kind.UNKNOWN in kinds("\u00a5".encode("gb18030"))


def test_a_command_cut_short_is_unknown() -> None:
    assert kinds(b"ok\x1dv0\x00\xff\xff") == [Kind.TEXT, Kind.UNKNOWN]


def test_text_reads_back() -> None:
    assert decode("石桥村 5kg".encode("gbk"))[0].text == "石桥村 5kg"
