"""乡音 from a finger to the loudspeaker's program: the real ``merit-kiosk run``, its own pages, and a player that writes down what it plays."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.tokens import CodeKind, code_text
from tests.fakes.counter_program import CounterProgram, counter_program, waited
from tests.fakes.fake_ledger import FakeLedger, card_token


@pytest.fixture
def played(tmp_path: Path) -> Path:
    """What the player was started with, a line each time."""
    return tmp_path / "played"


@pytest.fixture
def counter(tmp_path: Path, played: Path) -> Iterator[CounterProgram]:
    program = tmp_path / "player"
    program.write_text(f'#!/bin/sh\necho "$@" >> {played}\nexec sleep 300\n')
    program.chmod(0o755)
    with counter_program(tmp_path / "data", FakeLedger(), player=f"{program} --quiet") as counter:
        yield counter


def record(counter: CounterProgram, *clips: int) -> None:
    """A fifth of a second of silence for each of them, by the page's own address."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(bytes(3_200))
    for clip in clips:
        sent = counter.http.request(
            "POST", f"{counter.address}/voice/{clip}", body=out.getvalue(), headers={"Content-Type": "audio/wav"}, redirect=False
        )  # fmt: skip
        assert sent.status == 303


def heard(played: Path, times: int) -> list[list[str]]:
    """The options and file names of each start of the player, once there are that many."""
    lines = waited(
        lambda: said if played.exists() and len(said := played.read_text().splitlines()) >= times else [], "the player"
    )
    return [[Path(word).name for word in line.split()] for line in lines]


def test_a_finger_on_the_screen_makes_the_villages_own_clips_play(counter: CounterProgram, played: Path) -> None:
    record(counter, 26, 7, 11, 19, 31, 6)
    counter.scan(code_text("merit:", CodeKind.CARD, card_token(7)))
    counter.shows("念给我听")
    assert "还没有录音" not in counter.page()
    counter.tap("speak", changes=False)
    assert heard(played, 1) == [  # 您家有六十分，公示里还有五分
        ["--quiet", "26.wav", "07.wav", "11.wav", "19.wav", "31.wav", "06.wav", "19.wav"]
    ]
    counter.post("/voice/26/say")
    assert heard(played, 2)[1] == ["--quiet", "26.wav"], "the page plays through the same loudspeaker"

    counter.post("/voice/26/forget")
    counter.tap("speak", changes=False)
    counter.shows("这一句念不出来，还没有录音")
    assert len(heard(played, 2)) == 2, "nothing of the sentence is said without 您家有"
    assert "录了 5 条" in counter.page("/diagnostics")


def test_a_no_is_read_out_when_somebody_asks(counter: CounterProgram, played: Path) -> None:
    record(counter, 34, 36)
    counter.shows("扫一下积分卡")
    counter.scan("134567890123456789")
    counter.shows("扫到的是付款码")
    counter.tap("speak", changes=False)
    assert heard(played, 1) == [["--quiet", "34.wav", "36.wav"]]
