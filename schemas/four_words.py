"""封账四词: a checkpoint's root as four plain words, to be read aloud next to its size (design/words.md, section 9).

44 bits of a slow hash. Equal words say "no difference seen", never "nothing was changed": that is what the QR's signature is for.
The hash takes about 0.2 s and 64 MiB, seconds on a small machine, so it is computed at day close, not for every page.
The way from root to words and the list never change: old paper must go on matching.
"""

from __future__ import annotations

import hashlib

from schemas.merkle import HASH_BYTES
from schemas.word_list import WORDS

SALT = b"merit-four-words-1"
COST, BLOCK, PARALLEL = 65_536, 8, 1
MEMORY_LIMIT = 128 * BLOCK * (COST + PARALLEL + 2) + 1_048_576  # what RFC 7914 needs, and a little for OpenSSL's count


def four_words(root: bytes) -> tuple[str, str, str, str]:
    """The four words of a root. ValueError when it is not 32 bytes."""
    if len(root) != HASH_BYTES:
        raise ValueError("a root is 32 bytes")
    slow = hashlib.scrypt(root, salt=SALT, n=COST, r=BLOCK, p=PARALLEL, maxmem=MEMORY_LIMIT, dklen=6)
    bits = int.from_bytes(slow) >> 4
    return WORDS[bits >> 33], WORDS[bits >> 22 & 2047], WORDS[bits >> 11 & 2047], WORDS[bits & 2047]
