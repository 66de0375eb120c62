"""Bytes from a scanner become codes, however they arrive."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.devices.framing import LONGEST_CODE, Frame, Framer
from kiosk.devices.ports import Scan, ScanUnreadable, UnreadableReason

TOO_LONG = ScanUnreadable(UnreadableReason.TOO_LONG)
NOT_TEXT = ScanUnreadable(UnreadableReason.NOT_TEXT)

codes = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=40)


def in_pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def frames_of(pieces: list[bytes]) -> list[Frame]:
    framer = Framer()
    frames = [frame for piece in pieces for frame in framer.feed(piece, 0.0)]
    return frames + framer.tick(1.0)


@given(st.lists(codes, max_size=6), st.sampled_from(["\r", "\n", "\r\n"]), st.lists(st.integers(0, 300), max_size=8))
def test_codes_come_out_whole_wherever_the_bytes_are_cut(texts: list[str], end: str, cuts: list[int]) -> None:
    data = "".join(text + end for text in texts).encode()
    assert frames_of(in_pieces(data, cuts)) == [Scan(text) for text in texts]


@given(st.binary(max_size=2000), st.lists(st.integers(0, 2000), max_size=8))
def test_noise_raises_nothing_and_cutting_it_up_changes_nothing(data: bytes, cuts: list[int]) -> None:
    whole = frames_of([data])
    assert frames_of(in_pieces(data, cuts)) == whole
    assert all(frame.text.isprintable() for frame in whole if isinstance(frame, Scan))


@given(codes)
def test_silence_ends_a_code_that_has_no_end(text: str) -> None:
    framer = Framer()
    assert framer.feed(text.encode(), 10.0) == []
    assert framer.tick(10.09) == []
    assert framer.tick(10.11) == [Scan(text)]
    assert framer.tick(99.0) == []


def test_a_slow_line_does_not_split_a_code() -> None:
    framer = Framer()
    assert framer.feed(b"ab", 0.0) == []
    assert framer.feed(b"cd\r", 5.0) == [Scan("abcd")]  # the bytes were waiting: only a silent line may end a code


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_ten_thousand_bytes_are_one_report_and_the_next_scan_works(end: bytes) -> None:
    framer = Framer()
    frames = [frame for _ in range(100) for frame in framer.feed(b"x" * 100, 0.0)]
    assert frames == [TOO_LONG]
    assert framer.feed(end + b"GOOD" + end, 0.0) == [Scan("GOOD")]


def test_the_longest_code_is_still_a_code() -> None:
    assert Framer().feed(b"x" * LONGEST_CODE + b"\r", 0.0) == [Scan("x" * LONGEST_CODE)]
    assert Framer().feed(b"x" * (LONGEST_CODE + 1) + b"\r", 0.0) == [TOO_LONG]


def test_silence_ends_what_is_too_long_as_well() -> None:
    framer = Framer()
    assert framer.feed(b"x" * 600, 0.0) == [TOO_LONG]
    assert framer.tick(0.2) == []
    assert framer.feed(b"GOOD\r", 0.3) == [Scan("GOOD")]


@pytest.mark.parametrize("data", ["汤".encode("gbk"), "汤".encode(), b"\xff\xfe", b"a\x00b", b"\x1bp\x00", b"a\x7f"])
def test_what_is_not_ascii_text_is_unreadable(data: bytes) -> None:
    assert frames_of([data + b"\r"]) == [NOT_TEXT]


@pytest.mark.parametrize(
    "data",
    [b"\x02\x00\x00\x01\x00\x33\x31", b"\x02\x00\x00\x01\x0d\x33\x31", b"\x02\x00\x00\x01", b"\x02\x00\x00"],
)
@pytest.mark.parametrize("end", [b"", b"\r"])
def test_a_reply_to_a_setup_command_is_no_scan(data: bytes, end: bytes) -> None:
    framer = Framer()
    assert framer.feed(data + end, 0.0) + framer.tick(0.2) == []
    assert framer.feed(b"GOOD\r", 0.3) == [Scan("GOOD")]


def test_a_scan_right_behind_a_reply_is_not_lost() -> None:
    assert Framer().feed(b"\x02\x00\x00\x01\x00\x33\x31GOOD\r", 0.0) == [Scan("GOOD")]


def test_a_tab_at_the_end_is_not_part_of_the_code() -> None:
    assert frames_of([b"GOOD\t"]) == [Scan("GOOD")]
    assert frames_of([b"\t\r \r\n\n"]) == []
