"""Bad input: one answer that names every fault. RFC 9457 on the wire, one exception inside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with what was sent: the field (a dotted path, or ``row 14, 积分``) and the words for a person."""

    field: str
    words: str


class BrokenContract(Exception):
    """What was sent is not what was agreed. Holds *all* faults; nothing was written. HTTP 400, or ``status``."""

    def __init__(self, faults: Sequence[Fault], *, status: int = 400, code: str = "bad_input") -> None:
        super().__init__("; ".join(f"{fault.field}: {fault.words}" for fault in faults))
        self.faults = tuple(faults)
        self.status = status
        self.code = code


class IdReused(BrokenContract):
    """One id came twice with two bodies (HTTP 409, ``id_reused``). The second was not written."""

    def __init__(self, field: str = "id") -> None:
        super().__init__([Fault(field, "同一个编号交了两份不一样的内容，第二份没有记")], status=409, code="id_reused")


class FaultModel(BaseModel):
    """A fault in a problem document."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    field: str
    words: str


class Problem(BaseModel):
    """RFC 9457 ``application/problem+json`` with our two members ``code`` and ``faults``."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    type: str = "about:blank"
    title: str
    status: int
    code: str
    faults: list[FaultModel] = Field(default_factory=list)
