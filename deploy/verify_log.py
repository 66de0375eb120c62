#!/usr/bin/env python3
"""Check a village's log without the program that keeps it: one file, Python's standard library and PyNaCl, nothing of ours.

    python3 verify_log.py --vkey KEY WHAT [--against PAPER]

WHAT is a file or the text itself: a 封账码 (the address in a slip's QR), a signed checkpoint, a receipt's .tlog-proof, or a whole
log from ``merit-ledger export``. KEY is the village's public key from paper (``merit/SQ+…``), or a file of such lines; it may be
given more than once, a township's among them. PAPER, for a whole log, is a 封账码 or checkpoint that left the machine earlier.

Exit code 0: everything holds. 1: something does not. 2: it cannot be read, or no key was given, so nothing is said.

It follows c2sp.org/signed-note, tlog-checkpoint and tlog-proof, and RFC 6962 and 9162, written apart from the program it checks.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

SLIP = re.compile(r"\S+/v/([A-Z][A-Z0-9]{1,11})/log#(\d{1,16})\.([\w-]{43})\.([0-9a-f]{8})\.([\w-]{86})", re.ASCII)
PROOF_HEAD = "c2sp.org/tlog-proof@v1"
LEAF_HEAD = "merit-transfer/1"
LEAF_LINES = 15


class Wrong(Exception):
    """It was read, and it does not hold. In Chinese and in English."""


class Unreadable(Exception):
    """It is not what it should be, or there is no key to check it with."""


class Key(NamedTuple):
    """A verifier key."""

    name: str
    id: bytes
    public: bytes


class Note(NamedTuple):
    """A signed note's text and its signatures: name, key id, signature."""

    text: str
    signatures: list[tuple[str, bytes, bytes]]


class Head(NamedTuple):
    """A checkpoint."""

    village: str
    size: int
    root: bytes


def say(chinese: str, english: str) -> None:
    """One thing that holds."""
    print(f"✓ {chinese}\n  {english}")


# ---- notes ------------------------------------------------------------------------------------------------------------


def read_base64(text: str) -> bytes:
    """Strict, canonical base64."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unreadable(f"不是 base64：{text[:40]} / not base64") from error
    if base64.b64encode(data).decode() != text:
        raise Unreadable(f"不是规整的 base64：{text[:40]} / not canonical base64")
    return data


def read_key(text: str) -> Key:
    """``name+id+base64(01 ‖ key)``."""
    name, plus, rest = text.strip().partition("+")
    id_, plus_too, encoded = rest.partition("+")
    data = read_base64(encoded) if plus and plus_too else b""
    if data[:1] != b"\x01" or len(data) != 33:
        raise Unreadable(f"不是 Ed25519 公钥：{text[:60]} / not an Ed25519 verifier key")
    if hashlib.sha256(name.encode() + b"\n" + data).digest()[:4].hex() != id_:
        raise Unreadable(f"公钥编号不是它自己的：{text[:60]} / the key's id is not its own")
    return Key(name, bytes.fromhex(id_), data[1:])


def read_note(full: str) -> Note:
    """Text, blank line, signature lines."""
    text, blank, lines = full.rpartition("\n\n")
    if not blank or not lines.endswith("\n") or re.search(r"[\x00-\x09\x0b-\x1f]", full):
        raise Unreadable("不是签过名的封账 / not a signed note")
    signatures = []
    for line in lines[:-1].split("\n"):
        found = re.fullmatch(r"— ([^\s+]+) (\S+)", line)
        if not found:
            raise Unreadable(f"不是签名行：{line[:60]} / not a signature line")
        data = read_base64(found[2])
        signatures.append((found[1], data[:4], data[4:]))
    return Note(text + "\n", signatures)


def read_head(text: str) -> Head:
    """Origin, size, root."""
    found = re.fullmatch(r"merit/([A-Z][A-Z0-9]{1,11})\n(0|[1-9]\d{0,15})\n([A-Za-z0-9+/]{43}=)\n", text, re.ASCII)
    if not found:
        raise Unreadable("封账正文不是账名、笔数、根三行 / not a checkpoint: origin, size, root")
    return Head(found[1], int(found[2]), read_base64(found[3]))


def read_slip(text: str) -> Note:
    """The note that a 封账码 was made of."""
    found = SLIP.fullmatch(text.strip())
    if not found:
        raise Unreadable("不是封账码 / not a slip")
    root, signature = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in (found[3], found[5]))
    if [base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (root, signature)] != [found[3], found[5]]:
        raise Unreadable("封账码抄错了字 / the slip is misspelt")
    text = f"merit/{found[1]}\n{found[2]}\n{base64.b64encode(root).decode()}\n"
    return Note(text, [(f"merit/{found[1]}", bytes.fromhex(found[4]), signature)])


def signed_by(note: Note, keys: Iterable[Key]) -> list[Key]:
    """Those of the keys that signed; Wrong when a signature of one of them fails."""
    known = {(key.name, key.id): key for key in keys}
    found = []
    for name, id_, signature in note.signatures:
        key = known.get((name, id_))
        if key is None:
            continue
        try:
            VerifyKey(key.public).verify(note.text.encode(), signature)
        except (BadSignatureError, ValueError) as error:
            raise Wrong(f"{name} 的签名不对 / the signature of {name} does not hold") from error
        found.append(key)
    return found


def check_note(note: Note, keys: list[Key]) -> Head:
    """The checkpoint, signed by the village itself."""
    head = read_head(note.text)
    found = signed_by(note, keys)
    if not any(key.name == f"merit/{head.village}" for key in found):
        raise Unreadable(
            f"没有一把公钥是这份封账的（merit/{head.village}），验不了 / none of the keys is the village's, nothing can be said"
        )
    for key in found:
        say(f"{key.name} 签过：到第 {head.size} 笔", f"signed by {key.name} ({key.id.hex()}): {head.size} transfers")
    return head


def later_keys(keys: list[Key], history: list[dict[str, Any]]) -> list[Key]:
    """The keys that a trusted one named, one after another."""
    found = list(keys)
    for record in history:
        if not record.get("endorsement"):
            continue
        key, note = read_key(record["vkey"]), read_note(record["endorsement"])
        told = note.text == f"{key.name}/next-key\n{record['vkey']}\n{record['since']}\n"
        if told and signed_by(note, [old for old in found if old != key]) and signed_by(note, [key]):
            found.append(key)
    return found


# ---- trees ------------------------------------------------------------------------------------------------------------


def leaf_hash(leaf: bytes) -> bytes:
    """RFC 6962, 2.1."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962, 2.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """Grows by a leaf; keeps (height, hash) of its complete subtrees."""

    def __init__(self) -> None:
        self.parts: list[tuple[int, bytes]] = []

    def add(self, hash_: bytes) -> None:
        """One more leaf."""
        self.parts.append((0, hash_))
        while len(self.parts) > 1 and self.parts[-1][0] == self.parts[-2][0]:
            (height, left), (_, right) = self.parts[-2:]
            self.parts[-2:] = [(height + 1, node_hash(left, right))]

    @property
    def root(self) -> bytes:
        """Its root."""
        if not self.parts:
            return hashlib.sha256(b"").digest()
        hash_ = self.parts[-1][1]
        for _, left in reversed(self.parts[:-1]):
            hash_ = node_hash(left, hash_)
        return hash_


def root_by_path(hash_: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that a leaf and its path come to (RFC 9162, 2.1.3.2)."""
    first, last = index, size - 1
    for sibling in path:
        if last == 0:
            raise Wrong("证明太长 / the proof is too long")
        if first & 1 or first == last:
            hash_ = node_hash(sibling, hash_)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            hash_ = node_hash(hash_, sibling)
        first, last = first >> 1, last >> 1
    if last:
        raise Wrong("证明太短 / the proof is too short")
    return hash_


# ---- what is checked --------------------------------------------------------------------------------------------------


def check_proof(text: str, keys: list[Key]) -> None:
    """A receipt's proof."""
    head_text, _, note_text = text.partition("\n\n")
    lines = head_text.split("\n")
    index = re.fullmatch(r"index (0|[1-9]\d{0,15})", lines[2]) if len(lines) > 2 else None
    if lines[0] != PROOF_HEAD or index is None or not lines[1].startswith("extra "):
        raise Unreadable("不是证明 / not a proof")
    extra = read_base64(lines[1].removeprefix("extra ")).split(b"\n", LEAF_LINES)
    if len(extra) != LEAF_LINES + 1 or extra[0] != LEAF_HEAD.encode():
        raise Unreadable("证明里没有一笔账 / the proof holds no transfer")
    fields = [field.decode("ascii", "replace") for field in extra[:LEAF_LINES]]
    path = [read_base64(line) for line in lines[3:]]
    head = check_note(read_note(note_text), keys)
    at = int(index[1])
    if (fields[1], fields[2]) != (head.village, str(at + 1)):
        raise Wrong("这笔账自己写的村或笔号不是这里 / the transfer says another village or number")
    if (
        at >= head.size
        or root_by_path(leaf_hash(b"\n".join(extra[:LEAF_LINES]) + b"\n"), at, head.size, path) != head.root
    ):
        raise Wrong(f"第 {at + 1} 笔不在封过的账里，或被改过 / transfer {at + 1} is not in the signed log as shown")
    say(f"第 {at + 1} 笔在封过的账里，一个字没改", f"transfer {at + 1} is in the signed log, byte for byte")
    print(f"    {fields[4]}  {fields[5]} → {fields[6]}  {fields[7]}  {fields[8]}  {fields[9]}")
    if extra[LEAF_LINES]:
        check_document(extra[LEAF_LINES], fields[14])


def check_document(given: bytes, committed: str) -> None:
    """Salt and document against the leaf's last line."""
    salt, _, body = given.partition(b"\n")
    if not re.fullmatch(rb"[0-9a-f]{32}", salt):
        raise Unreadable("盐写法不对 / the salt is malformed")
    if hashlib.sha256(bytes.fromhex(salt.decode()) + body).hexdigest() != committed:
        raise Wrong("凭据不是这笔账的 / the document is not the one the transfer commits to")
    say("凭据也是当时那一份", "the document is the one the transfer commits to")
    print(f"    {body.decode('utf-8', 'replace')}")


def check_log(lines: Iterator[str], keys: list[Key], papers: list[Note]) -> None:
    """A whole log, and older paper against it."""
    header = load(next(lines, ""), 1)
    if header.get("format") != "merit-log/1":
        raise Unreadable("不是导出的账 / not an exported log")
    keys = later_keys(keys, header["keys"])
    head = check_note(read_note(header["checkpoint"]), keys)
    older = [(check_note(paper, keys), paper) for paper in papers]
    wanted = {paper.size for paper, _ in older}
    tree, count, documents, roots = Tree(), 0, 0, {0: Tree().root}
    for line in lines:
        count += 1
        documents += check_entry(load(line, count + 1), count, head.village, tree)
        if count in wanted:
            roots[count] = tree.root
    if (count, tree.root) != (head.size, head.root):
        raise Wrong(
            f"文件有 {count} 笔，和签过的 {head.size} 笔对不上：缺了、多了或改过"
            f" / {count} transfers do not make the signed root of {head.size}"
        )
    say(f"{count} 笔，一笔不少，和签过的根一样", f"{count} transfers make the signed root")
    if documents:
        say(f"{documents} 份凭据都是当时那一份", f"{documents} documents match their transfers")
    for paper, _ in older:
        check_paper(paper, head, roots)


def check_entry(entry: dict[str, Any], seq: int, village: str, tree: Tree) -> int:
    """Add one line to the tree; how many documents it brought."""
    leaf = read_base64(str(entry.get("leaf", "")))
    tree.add(leaf_hash(leaf))
    fields = leaf.decode("ascii", "replace").split("\n")
    if entry.get("seq") != seq or len(fields) != LEAF_LINES + 1 or fields[:3] != [LEAF_HEAD, village, str(seq)]:
        raise Wrong(f"第 {seq + 1} 行不是 {village} 第 {seq} 笔 / line {seq + 1} is not transfer {seq} of {village}")
    if entry.get("root") != tree.root.hex():
        raise Wrong(f"第 {seq} 笔被改过，或前面缺了 / transfer {seq} was changed, or something before it is missing")
    if "document" not in entry:
        return 0
    if hashlib.sha256(read_base64(entry["salt"]) + read_base64(entry["document"])).hexdigest() != fields[14]:
        raise Wrong(f"第 {seq} 笔的凭据不是当时那一份 / the document of transfer {seq} is not the one committed to")
    return 1


def check_paper(paper: Head, head: Head, roots: dict[int, bytes]) -> None:
    """A checkpoint that left the machine earlier."""
    if paper.village != head.village:
        raise Wrong(f"纸上是 {paper.village} 村的 / the paper is of village {paper.village}")
    if paper.size > head.size:
        raise Wrong(
            f"纸上封到第 {paper.size} 笔，这里只有 {head.size} 笔：旧的一份，或被删了"
            f" / the paper goes to {paper.size}, the log only to {head.size}: an old copy, or cut short"
        )
    if roots[paper.size] != paper.root:
        raise Wrong(
            f"头 {paper.size} 笔和纸上封的不一样：改过 / the first {paper.size} transfers are not those on paper"
        )
    say(f"头 {paper.size} 笔和纸上封的一样", f"the first {paper.size} transfers are those on paper")


def load(line: str, number: int) -> dict[str, Any]:
    """One JSON object."""
    try:
        found = json.loads(line)
    except ValueError as error:
        raise Unreadable(f"第 {number} 行不是 JSON / line {number} is not JSON") from error
    if not isinstance(found, dict):
        raise Unreadable(f"第 {number} 行不是 JSON 对象 / line {number} is no JSON object")
    return found


def read_paper(text: str) -> Note:
    """A 封账码 or a signed checkpoint, as text."""
    return read_slip(text) if "/log#" in text else read_note(text)


def text_of(given: str) -> str:
    """The file's content, or the text itself."""
    try:
        path = Path(given)
        return path.read_text("utf-8") if len(given) < 400 and path.is_file() else given
    except UnicodeDecodeError as error:
        raise Unreadable(f"{given} 不是文字文件 / is not a text file") from error


def run(what: str, vkeys: list[str], against: list[str]) -> None:
    """Check it. Raises Wrong or Unreadable."""
    texts = [line.split()[0] for given in vkeys for line in text_of(given).splitlines() if line.strip()]
    keys = [read_key(text) for text in texts]
    if not keys:
        raise Unreadable("没有公钥，验不了：--vkey merit/村码+… / no key was given, nothing can be said")
    text = text_of(what)
    papers = [read_paper(text_of(paper)) for paper in against]
    if text.startswith(PROOF_HEAD):
        check_proof(text, keys)
    elif text.startswith("{"):
        return check_log(iter(text.splitlines()), keys, papers)
    else:
        check_note(read_paper(text), keys)
    if papers:
        raise Unreadable("--against 只和整本账一起用 / --against goes with a whole log")
    return None


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(description="验村里的积分账：封账码、封账、小票的证明、整本导出的账。")
    parser.add_argument("what", help="文件，或文字本身")
    parser.add_argument("--vkey", action="append", default=[], help="村里公布的公钥，或装着公钥的文件")
    parser.add_argument("--against", action="append", default=[], help="以前留下的封账码或封账")
    given = parser.parse_args()
    try:
        run(given.what, given.vkey, given.against)
    except Wrong as error:
        print(f"✗ 对不上：{error}")
        return 1
    except (Unreadable, OSError, KeyError, TypeError, AttributeError) as error:
        print(f"? 验不了：{error}", file=sys.stderr)
        return 2
    print("都对上了 / everything holds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
