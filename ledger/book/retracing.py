"""The way the book went: its transfers one after another, each held against its bytes, its document and the balances before it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ledger.book.leaf_columns import dashed
from schemas.canonical import LEAF_VERSION, document_hash
from schemas.merkle import leaf_hash

Note = Callable[[int, str], None]
"""Told the seq of what is wrong, and what."""

_HASH = re.compile(rb"[0-9a-f]{64}")
_LAST_LINE = 65  # bytes: a leaf ends with a hash and a line feed


class Way:
    """Follows the transfers from the first on; says what does not match and goes on from what the row says."""

    def __init__(self, note: Note) -> None:
        self.seq = 0
        self.transfers = 0
        self.erased_documents = 0
        self.balances: defaultdict[int, int] = defaultdict(int)
        self.versions: defaultdict[int, int] = defaultdict(int)
        self._note = note

    def follow(self, rows: Sequence[tuple[Any, ...]], village: str, codes: Mapping[int, str]) -> list[bytes]:
        """Take the next rows of ``transfers_as_leaves``; their leaf hashes. ``codes`` names the accounts.

        One loop, because a call more for each transfer shows in how long a large book takes.
        """
        hashes, head, balances, versions = [], f"{LEAF_VERSION}\n{village}\n", self.balances, self.versions
        ids, document_ids = (dashed([row[place] or "" for row in rows]) for place in (0, 1))
        for id_, document_id, (
            _, _, seq, kind, debit, credit, amount, done_on, posted_at, reverses, actor, second,
            debit_balance, credit_balance, leaf, salt, body,
        ) in zip(ids, document_ids, rows, strict=True):  # fmt: skip
            if seq != self.seq + 1:
                self._note(self.seq + 1, f"从这里起少了 {seq - self.seq - 1} 笔")
            self.seq = seq
            committed = document_hash(salt, body).hex() if salt is not None else self._erased(leaf)
            told = (
                f"{head}{seq}\n{id_}\n{kind}\n{codes.get(debit)}\n{codes.get(credit)}\n{amount}\n{done_on}\n{posted_at}\n"
                f"{'-' if reverses is None else dashed([reverses])[0]}\n{document_id}\n{actor}\n{'-' if second is None else second}\n"
                f"{committed}\n"
            ).encode()
            if told != leaf:
                self._differs(told, leaf)
            if type(amount) is type(debit_balance) is type(credit_balance) is int:
                if balances[debit] - amount != debit_balance:
                    self._unlike(debit, balances[debit] - amount, debit_balance)
                balances[debit] = debit_balance  # one wrong figure is told once, not on every later line
                if balances[credit] + amount != credit_balance:
                    self._unlike(credit, balances[credit] + amount, credit_balance)
                balances[credit] = credit_balance
            else:
                self._note(seq, "金额或余额不是整数")
            versions[debit] += 1
            versions[credit] += 1
            hashes.append(leaf_hash(leaf))
        self.transfers += len(hashes)
        return hashes

    def _erased(self, leaf: bytes) -> str:
        """The hash of a document that is gone, as its leaf has it; ``-`` when that is none."""
        self.erased_documents += 1
        said = leaf[-_LAST_LINE:-1]
        if _HASH.fullmatch(said):
            return said.decode()
        self._note(self.seq, "账行末尾没有凭据的校验")
        return "-"

    def _differs(self, told: bytes, leaf: bytes) -> None:
        """Say where."""
        if told[-_LAST_LINE:] != leaf[-_LAST_LINE:]:
            self._note(self.seq, "凭据不是账行里说的那一份")
        if told[:-_LAST_LINE] != leaf[:-_LAST_LINE]:
            self._note(self.seq, "各栏和账行说的不一样")

    def _unlike(self, account_id: int, balance: int, said: int) -> None:
        self._note(self.seq, f"账户 {account_id} 记完应是 {balance}，这一笔写着 {said}")
