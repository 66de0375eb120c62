"""What a staff member may do in a village. Who holds which role is a village's own table (people)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Role(StrEnum):
    """The roles in a village, by the name in the database."""

    VILLAGE_ADMIN = "village_admin"
    RECORDER = "recorder"
    REVIEWER = "reviewer"
    SUPERVISOR = "supervisor"
    SHOPKEEPER = "shopkeeper"

    @property
    def words(self) -> str:
        """What the village calls them."""
        return _WORDS[self]


class OfVillage(Protocol):
    """What this room has to know of a village; ``ledger.villages.store.Village``, a higher room's type, is one."""

    @property
    def village_id(self) -> int:
        """Its id."""

    @property
    def code(self) -> str:
        """Its code in addresses."""

    @property
    def name(self) -> str:
        """Its name."""


@dataclass(frozen=True, slots=True)
class RoleGrant:
    """A village and what somebody may do there; ``roles`` is never empty."""

    village: OfVillage
    roles: frozenset[Role]


def role_words(roles: Collection[Role]) -> str:
    """ "记录员、复核员": the roles' names in a fixed order."""
    return "、".join(role.words for role in Role if role in roles)


_WORDS = {
    Role.VILLAGE_ADMIN: "村管理员",
    Role.RECORDER: "记录员",
    Role.REVIEWER: "复核员",
    Role.SUPERVISOR: "监督员",
    Role.SHOPKEEPER: "店主",
}
