"""The village records its clips on the kiosk, hears them, replaces them; the counter plays them, or nothing."""

from __future__ import annotations

import io
import time
import wave
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kiosk.voice.pages import voice_pages
from kiosk.voice.player import Clips, Player
from kiosk.voice.recording import LARGEST_BYTES
from kiosk.voice.saying import clips_of
from kiosk.voice.speaking import SpeakingThread


def sound(seconds: float = 0.5, rate: int = 16_000, channels: int = 1, width: int = 2) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(b"\x00" * int(seconds * rate) * channels * width)
    return out.getvalue()


FIFTY_FIVE = clips_of("您家有 55 分")


class Ear:
    """A loudspeaker that keeps what it was told to say."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, ...]] = []

    def say(self, clips: tuple[int, ...]) -> bool:
        self.heard.append(clips)
        return True


@pytest.fixture
def clips(tmp_path: Path) -> Clips:
    return Clips(tmp_path / "clips")


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def browser(clips: Clips, ear: Ear) -> FlaskClient:
    app = Flask("kiosk.screen")
    app.config["MAX_CONTENT_LENGTH"] = 4_096
    app.register_blueprint(voice_pages(clips, ear))
    return app.test_client()


def test_a_clip_is_recorded_heard_and_replaced(browser: FlaskClient, clips: Clips, ear: Ear) -> None:
    assert "还有 63 条没录" in browser.get("/voice").text
    first, second = sound(0.5), sound(0.7)
    sent = browser.post("/voice/26", data={"wav": (io.BytesIO(first), "26.wav")})
    assert (sent.status_code, sent.headers["Location"]) == (303, "/voice#c26")
    assert browser.get("/voice/26.wav").data == first
    assert "还有 62 条没录" in browser.get("/voice").text
    assert browser.post("/voice/26", data=second, content_type="audio/wav").status_code == 303
    assert browser.get("/voice/26.wav").data == second
    assert (clips.folder / "26.before.wav").read_bytes() == first, "the one before is kept"
    browser.post("/voice/26/say")
    assert ear.heard == [(26,)]
    browser.post("/voice/26/forget")
    assert browser.get("/voice/26.wav").status_code == 404


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "这不是 WAV"),
        (b"<script>", "这不是 WAV"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "这不是 WAV"),
        (sound(0.01), "0.1 秒到 10 秒"),
        (sound(12, rate=8_000), "0.1 秒到 10 秒"),
        (sound(0.5, rate=4_000), "放不出来"),
        (sound(0.5, width=4), "放不出来"),
        (sound(5)[:50_000], "放不出来"),
        (sound(9.4), "太大"),
    ],
)
def test_what_is_no_clip_is_told_and_changes_nothing(
    browser: FlaskClient, clips: Clips, data: bytes, words: str
) -> None:
    answer = browser.post("/voice/1", data=data, content_type="audio/wav", headers={"Accept": "application/json"})
    assert answer.status_code == 422
    assert words in answer.json["words"]  # type: ignore[index]
    assert clips.recorded() == frozenset()
    page = browser.post("/voice/1", data={"wav": (io.BytesIO(data), "x")})
    assert words in page.text


def test_a_flood_is_stopped_at_the_door(browser: FlaskClient, clips: Clips) -> None:
    answer = browser.post("/voice/1", data=b"\x00" * (LARGEST_BYTES + 10_000), content_type="audio/wav")
    assert answer.status_code == 413
    assert clips.recorded() == frozenset()


@pytest.mark.parametrize("path", ["/voice/0", "/voice/999", "/voice/999/say", "/voice/0/forget", "/voice/try/9"])
def test_there_is_no_other_clip(browser: FlaskClient, path: str) -> None:
    assert browser.post(path, data=sound()).status_code == 404


def test_what_could_not_be_played_is_told(clips: Clips) -> None:
    app = Flask("kiosk.screen")
    app.register_blueprint(voice_pages(clips, Player(clips, command=("no-such-player",))))
    browser = app.test_client()
    assert "念不出来" in browser.post("/voice/26/say").text
    assert "念不出来" in browser.post("/voice/try/0").text


def test_this_page_alone_may_use_the_microphone(browser: FlaskClient) -> None:
    headers = browser.get("/voice").headers
    assert "microphone=(self)" in headers["Permissions-Policy"]
    assert "script-src 'self'" in headers["Content-Security-Policy"]


@pytest.fixture
def aplay(tmp_path: Path) -> Path:
    """A program that writes down what it would play, then plays for a long time."""
    program = tmp_path / "aplay"
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/played\nexec sleep 30\n')
    program.chmod(0o755)
    return program


def record(clips: Clips, *numbers: int) -> None:
    clips.folder.mkdir(exist_ok=True)
    for number in numbers:
        clips.path(number).write_bytes(sound())


def until(true: Callable[[], bool]) -> None:
    """Wait for it, a minute at most."""
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "waited for a minute"
        time.sleep(0.01)


def played(aplay: Path, lines: int) -> list[list[str]]:
    said = aplay.with_name("played")
    until(lambda: said.exists() and len(said.read_text().splitlines()) >= lines)
    return [[Path(word).name for word in line.split()] for line in said.read_text().splitlines()]


def test_a_balance_is_said_and_a_new_sentence_interrupts_the_old(clips: Clips, aplay: Path) -> None:
    record(clips, 26, 6, 11, 19, 36)
    player = Player(clips, command=(str(aplay), "-q"))
    assert player.say(FIFTY_FIVE)
    assert played(aplay, 1)[0] == ["-q", "26.wav", "06.wav", "11.wav", "06.wav", "19.wav"]
    assert player.say((36,))
    assert len(played(aplay, 2)) == 2
    player.close()


def test_a_sentence_that_lacks_a_clip_is_not_said_in_half(clips: Clips, aplay: Path) -> None:
    record(clips, 6, 11, 19, 42)
    player = Player(clips, command=(str(aplay),))
    assert not player.say(FIFTY_FIVE), "您家有 is missing: 五十五分 alone could mean anything"
    assert not player.say(clips_of("56 分")), "clip 07 is missing: half a figure would be a wrong one"
    assert [path.name for path in clips.files((42, 64))] == ["42.wav"], "a clip that a village may do without"


def test_a_machine_without_a_player_is_silent_and_says_so_to_who_repairs_it(clips: Clips, aplay: Path) -> None:
    player = Player(clips, command=("no-such-player",))
    assert player.told() == "没录，不出声"
    record(clips, 36)
    assert not player.say((36,))
    assert player.told() == "录了 1 条，没有放音的 no-such-player"
    assert Player(clips, command=(str(aplay),)).told() == "录了 1 条"


def test_a_player_that_fails_is_remembered(clips: Clips) -> None:
    record(clips, 36)
    player = Player(clips, command=("false",))
    assert player.say((36,))
    until(lambda: player.told() == "录了 1 条，上次没放出来")


def test_the_speaking_thread_never_holds_up_who_asks_and_tells_what_was_not_heard(clips: Clips, aplay: Path) -> None:
    record(clips, 36)
    silent: list[str] = []
    voice = SpeakingThread(Player(clips, command=(str(aplay),)), lambda: silent.append("unheard"))
    voice.say((37,))
    voice.start()
    until(lambda: silent == ["unheard"])
    voice.say((36,))
    assert played(aplay, 1) == [["36.wav"]]
    voice.stop()
