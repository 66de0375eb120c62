"""Who this kiosk is: its number, the bearer token of its transport and its signing key, in one file that only it may read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from nacl.encoding import HexEncoder
from nacl.signing import SigningKey
from pydantic import Field, ValidationError

from schemas.entries import Contract
from schemas.journal import fingerprint, head_message
from schemas.kiosk_api import EnrolAnswer, KeyHex

FILE = "identity.json"


class IdentityFault(Exception):
    """There is an identity and it cannot be read. The kiosk does not start without it and makes no new one."""


class Identity(Contract):
    """A kiosk's identity. ``private_key`` is an Ed25519 seed in hex and never leaves the machine."""

    village: str
    village_name: str
    kiosk: Annotated[int, Field(ge=1, le=999)]
    token: str = Field(repr=False)
    private_key: KeyHex = Field(repr=False)

    @property
    def public_key(self) -> str:
        """Ed25519, hex."""
        return self._key().verify_key.encode(HexEncoder).decode()

    @property
    def fingerprint(self) -> str:
        """Eight digits to read aloud from both screens."""
        return fingerprint(bytes.fromhex(self.public_key))

    def sign_head(self, number: int, link: bytes) -> str:
        """The signature of the journal's head, hex."""
        return self._key().sign(head_message(self.village, self.kiosk, number, link)).signature.hex()

    def _key(self) -> SigningKey:
        return SigningKey(bytes.fromhex(self.private_key))


def enrolled(answer: EnrolAnswer, seed: bytes) -> Identity:
    """The identity that an enrolment made."""
    return Identity(
        village=answer.village,
        village_name=answer.village_name,
        kiosk=answer.kiosk,
        token=answer.token,
        private_key=seed.hex(),
    )


def load_identity(data_dir: Path) -> Identity | None:
    """The identity, None for a kiosk that was never enrolled. IdentityFault when the file is there and does not say who."""
    try:
        text = (data_dir / FILE).read_bytes()
    except FileNotFoundError:
        return None
    try:
        return Identity.model_validate_json(text)
    except ValidationError as error:
        raise IdentityFault(f"机器的身份读不出来：{data_dir / FILE}。把备份放回来，或打镇里电话。") from error


def save_identity(data_dir: Path, identity: Identity) -> None:
    """Write it whole or not at all: a new file, synced, renamed into place, and the directory synced."""
    path, new = data_dir / FILE, data_dir / f"{FILE}.new"
    new.unlink(missing_ok=True)
    file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(file, "wb") as out:
        out.write(identity.model_dump_json().encode())
        out.flush()
        os.fsync(out.fileno())
    new.rename(path)
    directory = os.open(data_dir, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
