"""From a one-time code to a kiosk: the key is made here and never leaves, the journal stands before the identity."""

from __future__ import annotations

import re
import secrets
from importlib.metadata import PackageNotFoundError, version

from nacl.signing import SigningKey

from kiosk.care.restoring import owner_of
from kiosk.config import KioskSettings
from kiosk.journal.making import create_journal
from kiosk.uplink.client import LedgerClient
from kiosk.uplink.identity import Identity, enrolled, save_identity
from schemas.kiosk_api import EnrolRequest

RANDOM_CHARACTERS = 8
LONGEST_CODE = 12 + RANDOM_CHARACTERS
_CODE = re.compile(r"[A-Z][A-Z0-9]{1,11}-[0-9A-Z]{8}")  # schemas.kiosk_api.EnrolRequest
_LOOK_ALIKE = str.maketrans("OIL", "011")  # the code's own letters have none of these


def read_code(text: str) -> str | None:
    """The code ``SQ-7K2M9QXD`` in what was scanned or typed, with or without its hyphen, in any case; None when it is none."""
    if len(text) > 2 * LONGEST_CODE or not text.isascii():
        return None
    letters = "".join(character for character in text.upper() if character.isalnum())
    village, drawn = letters[:-RANDOM_CHARACTERS], letters[-RANDOM_CHARACTERS:].translate(_LOOK_ALIKE)
    code = f"{village}-{drawn}"
    rest = text.upper().translate({ord(" "): None, ord("-"): None})
    return code if rest == letters and _CODE.fullmatch(code) else None


def make_kiosk(settings: KioskSettings, code: str) -> Identity:
    """Enrol with that code. The caller holds the data directory, in which no identity is.

    Raises Declined for a code that is not good, NoAnswerCame, and JournalFault when a journal with entries is there already.
    """
    seed = secrets.token_bytes(32)
    public_key = SigningKey(seed).verify_key.encode().hex()
    client = LedgerClient(settings.ledger_url)
    try:
        answer = client.enrol(EnrolRequest(code=code, public_key=public_key, version=program_version()))
    finally:
        client.close()
    identity = enrolled(answer, seed)
    create_journal(settings.data_dir, owner_of(identity))  # first, so that an identity never stands without its journal
    save_identity(settings.data_dir, identity)
    return identity


def program_version() -> str:
    """This program's, as the ledger keeps it."""
    try:
        return version("village-merit")[:40]
    except PackageNotFoundError:
        return "0"
