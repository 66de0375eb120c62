"""封账四词: frozen. If one of these fails, old paper no longer matches."""

from __future__ import annotations

import hashlib

import pytest

from schemas.four_words import four_words
from schemas.word_list import WORDS

VECTORS = [
    (bytes(32), "皮包 坐车 朝霞 捕鱼"),
    (b"\xff" * 32, "放学 车棚 锥子 炖肉"),
    (bytes(range(32)), "阳光 荞麦 菠萝 农民"),
    (hashlib.sha256(b"abc").digest(), "核桃 松果 防虫 轿车"),
    (hashlib.sha256(b"").digest(), "烧砖 松土 礼堂 厨房"),
]


@pytest.mark.parametrize(("root", "words"), VECTORS)
def test_the_published_words(root: bytes, words: str) -> None:
    assert " ".join(four_words(root)) == words


def test_the_list_is_the_printed_one() -> None:
    text = "".join(f"{word}\n" for word in WORDS).encode()
    assert hashlib.sha256(text).hexdigest() == "9d7a07644a6b0c287dd8fb0bc1218c4a459455068482062c1f1ca6c452752ed2"
    assert len(set(WORDS)) == 2048
    assert all(len(word) == 2 and word.encode("gb2312") for word in WORDS)


def test_only_a_root_has_words() -> None:
    with pytest.raises(ValueError, match="32"):
        four_words(b"short")
