"""A recorded clip as it is taken in: checked, then written whole. What was there is kept beside it as the one before."""

from __future__ import annotations

import io
import os
import wave

from kiosk.voice.player import Clips
from kiosk.voice.saying import CLIPS

LARGEST_BYTES = 300_000
LONGEST_S = 10.0


class NotAClip(Exception):
    """What was sent cannot be a clip; its words say why and what to do."""


def check_wav(data: bytes) -> None:
    """Raise NotAClip unless this is PCM sound of a tenth of a second to ten seconds in a WAV file of at most 300 kB."""
    if len(data) > LARGEST_BYTES:
        raise NotAClip("这一段太大，最多 300 kB。录短一点，一条只念一句")
    try:
        with wave.open(io.BytesIO(data)) as sound:
            frames, rate, width, channels = (
                sound.getnframes(), sound.getframerate(), sound.getsampwidth(), sound.getnchannels(),
            )  # fmt: skip
            body = len(sound.readframes(frames))
    except (wave.Error, EOFError, RuntimeError) as error:
        raise NotAClip("这不是 WAV 录音。在这一页按“录”，或存成 WAV 再放上来") from error
    if not (8_000 <= rate <= 48_000 and width in (1, 2) and channels in (1, 2) and body == frames * width * channels):
        raise NotAClip("这一段放不出来。存成 16 位、单声道的 WAV 再放上来")
    if not 0.1 <= frames / rate <= LONGEST_S:
        raise NotAClip("一条念 0.1 秒到 10 秒。再录一次")


def keep(clips: Clips, clip: int, data: bytes) -> None:
    """Make this the recording of that clip; the one before stays as ``NN.before.wav``. Raises NotAClip, ValueError for no such clip."""
    if not 1 <= clip <= len(CLIPS):
        raise ValueError("no such clip")
    check_wav(data)
    path = clips.path(clip)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    with new.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    put_aside(clips, clip)
    new.replace(path)


def put_aside(clips: Clips, clip: int) -> None:
    """Nobody hears that clip any more; it stays as ``NN.before.wav``."""
    path = clips.path(clip)
    if path.exists():
        path.replace(path.with_suffix(".before.wav"))
