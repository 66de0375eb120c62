"""What a staff member is in a village: roles, and the household that is their own (nobody reviews that)."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, delete, insert, select

from ledger.people.tables import roles, staff_households
from ledger.staff.roles import Role
from ledger.staff.store import StaffMember
from ledger.staff.tables import staff


def grant_role(tx: Connection, village_id: int, staff_id: int, role: Role) -> None:
    """Give a role; giving it again changes nothing."""
    if role not in roles_of(tx, village_id, staff_id):
        tx.execute(insert(roles).values(village_id=village_id, staff_id=staff_id, role=role.value))


def roles_of(tx: Connection, village_id: int, staff_id: int) -> frozenset[Role]:
    """What the staff member may do in the village; empty for a stranger there."""
    query = select(roles.c.role).where(roles.c.village_id == village_id, roles.c.staff_id == staff_id)
    return frozenset(Role(role) for role in tx.execute(query).scalars())


def villages_of(tx: Connection, staff_id: int) -> list[int]:
    """Ids of the villages where the staff member has any role."""
    query = select(roles.c.village_id).where(roles.c.staff_id == staff_id).distinct().order_by(roles.c.village_id)
    return [int(village_id) for village_id in tx.execute(query).scalars()]


def roles_by_login(tx: Connection, village_id: int) -> dict[str, frozenset[Role]]:
    """What everybody who is not disabled may do in the village, by login."""
    found: dict[str, frozenset[Role]] = {}
    for login, role in tx.execute(_ROLES_BY_LOGIN, {"village": village_id}):
        found[login] = found.get(login, frozenset()) | {Role(role)}
    return found


_ROLES_BY_LOGIN = (
    select(staff.c.login, roles.c.role)
    .join(roles, roles.c.staff_id == staff.c.staff_id)
    .where(roles.c.village_id == bindparam("village"), staff.c.disabled_at.is_(None))
)


def names_by_login(tx: Connection, village_id: int) -> dict[str, str]:
    """The name of everybody with a role in the village, by login; also of who may not sign in any more."""
    here = select(roles.c.staff_id).where(roles.c.village_id == village_id)
    query = select(staff.c.login, staff.c.name).where(staff.c.staff_id.in_(here))
    return {row.login: row.name for row in tx.execute(query)}


def staff_with_role(tx: Connection, village_id: int, role: Role) -> list[StaffMember]:
    """Who has the role and is not disabled, by name: the people a screen names when it says who may act."""
    query = (
        select(staff.c.staff_id, staff.c.login, staff.c.name)
        .join(roles, roles.c.staff_id == staff.c.staff_id)
        .where(roles.c.village_id == village_id, roles.c.role == role.value, staff.c.disabled_at.is_(None))
        .order_by(staff.c.name, staff.c.staff_id)
    )
    return [StaffMember(row.staff_id, row.login, row.name) for row in tx.execute(query)]


def set_own_household(tx: Connection, village_id: int, staff_id: int, household_id: int) -> None:
    """Note the household that is the staff member's own in this village; it takes the place of another."""
    own = (staff_households.c.village_id == village_id) & (staff_households.c.staff_id == staff_id)
    tx.execute(delete(staff_households).where(own))
    tx.execute(insert(staff_households).values(village_id=village_id, staff_id=staff_id, household_id=household_id))


def own_households(tx: Connection, village_id: int, staff_id: int) -> frozenset[int]:
    """Ids of the households that are the staff member's own; empty when none was named."""
    own = (staff_households.c.village_id == village_id) & (staff_households.c.staff_id == staff_id)
    return frozenset(tx.execute(select(staff_households.c.household_id).where(own)).scalars())
