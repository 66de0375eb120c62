"""The journal comes back from its second copy: what is looked at first, what is said, and what is never done.

The key is not on the stick. Where it is still there (``identity.json``), the copy becomes the journal again and goes on under its
number. Where it is gone, the machine becomes another kiosk, and the office reads the copy in: its head is signed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kiosk.care.stick import StickCopy, StickFault, head_path, read_copy
from kiosk.config import KioskSettings
from kiosk.journal.faults import JournalGone
from kiosk.journal.file import FILE
from kiosk.journal.journal import Journal
from kiosk.journal.making import restore_journal
from kiosk.journal.values import Owner
from kiosk.uplink.identity import Identity
from schemas.entries import ENTRY, Asked, CalledOff, HandedOver, Printed, Voided
from schemas.journal_copy import SignedHead, read_head, signed_by, whose_copy


class CannotRestore(Exception):
    """The answer is no; its words say why and what to do. Nothing was written."""


@dataclass(frozen=True, slots=True)
class OpenAsked:
    """A sale whose end the copy does not tell: nobody on this machine can be asked about it any more."""

    number: int
    household: str


@dataclass(frozen=True, slots=True)
class Restored:
    """What was brought back. ``signed`` is None without a signed head; ``last`` is the last entry's own time as it wrote it."""

    kiosk: int
    entries: int
    signed: int | None
    last: str
    open: tuple[OpenAsked, ...]


def owner_of(identity: Identity) -> Owner:
    """Whose journal goes with that identity."""
    return Owner(identity.village, identity.kiosk, identity.public_key)


def opened_journal(settings: KioskSettings, identity: Identity) -> Journal:
    """The journal of that identity. When it is gone, the fault names the stick's copy, if there is one. Raises JournalFault."""
    try:
        return Journal(settings.data_dir, owner_of(identity))
    except JournalGone as gone:
        raise JournalGone(f"{gone}{_what_next(settings, identity)}") from gone


def _what_next(settings: KioskSettings, identity: Identity) -> str:
    found = [path for village, kiosk, path in copies_on(settings) if (village, kiosk) == _name(identity)]
    if not found:
        return "把 U盘插上再开一次，或打镇里电话。"
    return f"U盘上有副本，到第 {_length(found[0])} 笔。放回来：merit-kiosk journal restore --from {found[0]}"


def copies_on(settings: KioskSettings) -> list[tuple[str, int, Path]]:
    """Every copy on the stick, as village, kiosk and file; none when there is no stick."""
    if settings.stick_dir is None or not StickCopy(settings.stick_dir, "", 0).there():
        return []
    with suppress(OSError):
        named = ((whose_copy(path.name), path) for path in sorted(settings.stick_dir.iterdir()))
        return [(*whose, path) for whose, path in named if whose is not None]
    return []


def other_copies(settings: KioskSettings, identity: Identity) -> tuple[str, ...]:
    """What to say of the copies of other kiosks that lie on this one's stick: they may be what a dead machine left."""
    others = [(kiosk, path) for village, kiosk, path in copies_on(settings) if (village, kiosk) != _name(identity)]
    return tuple(
        f"U盘上有 {kiosk} 号机的副本，到第 {_length(path)} 笔。那台坏了就把 U盘拿到村务室读进账：{path}"
        for kiosk, path in others
    )


def restore(settings: KioskSettings, identity: Identity | None, copy: Path) -> Restored:
    """Make that copy the journal. The caller holds the data directory.

    Raises CannotRestore, StickFault for a copy that does not hold, JournalFault when it makes no journal. Nothing is left behind then.
    """
    whose = whose_copy(copy.name)
    if whose is None:
        raise CannotRestore(f"看不出是哪台机的副本：{copy.name}。副本叫 merit-村码-机号.journal，不要改名。")
    if identity is None:
        raise CannotRestore(_without_a_key(settings, *whose))
    if whose != _name(identity):
        raise CannotRestore(
            f"这份是 {whose[0]} 村 {whose[1]} 号机的副本，这台是 {identity.village} 村 {identity.kiosk} 号机。"
        )
    if (journal := settings.data_dir / FILE).exists():
        raise CannotRestore(f"这里已有一本记录，不覆盖：{journal}。它坏了的话，先搬到别处收好，再来一次。")
    try:
        found = _looked_through(identity, copy)
        restore_journal(settings.data_dir, owner_of(identity), read_copy(copy))
    except OSError as error:
        raise StickFault(f"副本读不出来：{error}") from error
    return found


def _looked_through(identity: Identity, copy: Path) -> Restored:
    """Everything that can be checked before anything is written: the chain, the signed head, whether there is anything at all."""
    head = _head_of(copy)
    if head is not None and not signed_by(head, identity.village, identity.kiosk, bytes.fromhex(identity.public_key)):
        raise CannotRestore("副本的签名不是这台机的钥匙签的。先不要办，打镇里电话。")
    entries, last, waiting = 0, "", dict[str, OpenAsked]()
    for row in read_copy(copy):
        entries = row.number
        if head is not None and row.number == head.number and row.link != head.link:
            raise CannotRestore(f"副本的第 {row.number} 笔不是签过名的那一笔。先不要办，打镇里电话。")
        last = _told(row.text, row.number, waiting) or last
    if not entries:
        raise CannotRestore(f"副本里一笔也没有：{copy}")
    if head is not None and head.number > entries:
        raise CannotRestore(f"副本少了：签名签到第 {head.number} 笔，里面只到第 {entries} 笔。先不要办，打镇里电话。")
    return Restored(identity.kiosk, entries, head.number if head else None, last, tuple(waiting.values()))


def _told(text: str, number: int, waiting: dict[str, OpenAsked]) -> str:
    """What one entry says of sales without an end; its time. An entry of another release says nothing, and is kept all the same."""
    try:
        entry = ENTRY.validate_json(text)
    except ValueError:
        return ""
    match entry:
        case Asked():
            waiting[str(entry.id)] = OpenAsked(number, entry.household)
        case HandedOver() | CalledOff():
            waiting.pop(str(entry.asked), None)
        case Printed() | Voided():
            waiting.pop(str(entry.sale), None)
    return f"{entry.wall:%Y-%m-%dT%H:%M:%SZ}{'' if entry.clock_trusted else '（时钟未校准）'}"


def _without_a_key(settings: KioskSettings, village: str, kiosk: int) -> str:
    return (
        f"这是 {village} 村 {kiosk} 号机的副本，这台机没有它的钥匙：钥匙在那台的 identity.json 里，不在 U盘上。\n"
        f"旧卡还读得出：把 identity.json 和 journal.sqlite 从旧卡拷到 {settings.data_dir}；只剩 identity.json 就拷它，再来一次。\n"
        f"旧卡读不出：merit-kiosk enrol 装机码，装成新的一台；U盘拿到村务室，在账本那台机上 merit-ledger kiosk copy 读进账。"
    )


def _head_of(copy: Path) -> SignedHead | None:
    with suppress(FileNotFoundError):
        return read_head(head_path(copy).read_text(encoding="ascii", errors="replace"))
    return None


def _length(copy: Path) -> int:
    """Up to which entry a copy goes, by its whole lines alone."""

    def lines() -> Iterator[int]:
        with copy.open("rb") as file:
            yield from (line.endswith(b"\n") for line in file)

    try:
        return sum(lines())
    except OSError:
        return 0


def _name(identity: Identity) -> tuple[str, int]:
    return identity.village, identity.kiosk
