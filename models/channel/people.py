"""People and their roles as acts find, make and end them."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from domain.channel import AccountInactive, Person, Role
from models.base import new_id
from models.writing import Transaction

_BY_SUBJECT = text("SELECT id, is_active FROM account WHERE tenant_id = :tenant AND subject = :subject")
_MAKE = text("""
    INSERT INTO account (tenant_id, id, subject, display_name) VALUES (:tenant, :id, :subject, :name)
    ON CONFLICT (tenant_id, subject) DO NOTHING RETURNING id
""")


async def account_of(tx: Transaction, person: Person) -> UUID:
    """A person's account, made if it is not there.

    It is found by what her issuer of tokens calls her and by nothing else: a phone that stands in an account is proof
    of nothing, for who wrote it there is not known. Nor is a phone written into an account that is made.

    Raises: AccountInactive.
    """
    values = {"tenant": tx.tenant_id, "id": new_id(), "subject": person.called, "name": person.display_name}
    made: UUID | None = await tx.scalar(_MAKE, values)
    if made is not None:
        return made
    known = (await tx.execute(_BY_SUBJECT, {"tenant": tx.tenant_id, "subject": person.called})).one()
    if not known.is_active:
        raise AccountInactive
    id: UUID = known.id
    return id


class Employed(NamedTuple):
    """A role of a person in an organisation."""

    id: UUID
    organization_id: UUID
    role: Role
    is_active: bool


_EMPLOY = text("""
    INSERT INTO staff (tenant_id, id, account_id, organization_id, role, display_name)
    VALUES (:tenant, :id, :account, :organization, :role, :name)
    ON CONFLICT (tenant_id, account_id, organization_id, role) DO UPDATE
    SET is_active = true, display_name = EXCLUDED.display_name RETURNING id
""")
_STAFF = text("SELECT id, organization_id, role, is_active FROM staff WHERE tenant_id = :tenant AND id = :id")
_OTHERS = text("""
    SELECT s.role FROM staff s JOIN account a ON a.tenant_id = :tenant AND a.id = s.account_id
    WHERE s.tenant_id = :tenant AND s.organization_id = :organization AND s.id <> :id AND s.is_active AND a.is_active
""")
_DISMISS_ALL = text("UPDATE staff SET is_active = false WHERE tenant_id = :tenant AND organization_id = :organization")
_DISMISS = text("UPDATE staff SET is_active = false WHERE tenant_id = :tenant AND id = :id")


async def employ(tx: Transaction, account: UUID, organization: UUID, role: Role, name: str | None = None) -> UUID:
    """Give an account a role, or the one it had before again; `name` is what the organisation calls her."""
    values = {"tenant": tx.tenant_id, "id": new_id(), "account": account, "organization": organization, "name": name}
    employed: UUID = await tx.scalar(_EMPLOY, {**values, "role": role.value})
    return employed


async def employed(tx: Transaction, staff: UUID) -> Employed | None:
    """A role by its id, as it is now; it may change until its organisation is locked."""
    row = (await tx.execute(_STAFF, {"tenant": tx.tenant_id, "id": staff})).first()
    return None if row is None else Employed(row.id, row.organization_id, Role(row.role), row.is_active)


async def roles_of_others(tx: Transaction, one: Employed) -> list[Role]:
    """The roles of all others who may log in for the organisation, which this act has locked."""
    values = {"tenant": tx.tenant_id, "organization": one.organization_id, "id": one.id}
    return [Role(row.role) for row in await tx.execute(_OTHERS, values)]


async def dismiss(tx: Transaction, staff: UUID) -> None:
    """End a role."""
    await tx.execute(_DISMISS, {"tenant": tx.tenant_id, "id": staff})


async def dismiss_all(tx: Transaction, organization: UUID) -> None:
    """End all roles in an organisation, which this act has locked."""
    await tx.execute(_DISMISS_ALL, {"tenant": tx.tenant_id, "organization": organization})
