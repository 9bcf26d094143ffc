"""Properties that a client made up (RFC 4918 §4.2): kept as they came, for whoever has no column for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from piccolo.columns import BigInt, ForeignKey, Text, Varchar

from app import database
from app.lib.ids import new_id
from app.models.account import Account
from app.models.base import Refused, Row

MOST = 100  # properties of one thing
LONGEST = 64_000  # bytes of all of them together


class PropertiesFull(Refused):
    """These are more properties than one thing may have."""


def check_room(values: Collection[bytes]) -> None:
    """Raises `PropertiesFull` where one thing may not have so many properties, or such long ones."""
    if len(values) > MOST or sum(map(len, values)) > LONGEST:
        raise PropertiesFull("These are too many properties.")


class DeadProperty(Row):
    """One property of one thing: a whole XML element. What belongs to one person (the colour of a shared calendar) names their account."""

    account_id = ForeignKey(Account, null=True, default=None)
    kind = Varchar(length=20, help_text="What has it: book, calendar, home, file.")
    subject_id = BigInt(default=0)
    name = Varchar(length=300, help_text="In Clark notation.")
    value = Text(default="")

    @classmethod
    async def of(cls, kind: str, subject_ids: Sequence[int], account_id: int | None) -> dict[int, dict[str, bytes]]:
        """The properties of some things, by id and name: those of this person, or those that everybody shares."""
        found: dict[int, dict[str, bytes]] = {}
        for start in range(0, len(subject_ids), 500):
            some = subject_ids[start : start + 500]
            sql = f"SELECT subject_id, name, value FROM dead_property WHERE kind = $1 AND subject_id IN ({database.marks(some, 3)})"
            for row in await database.fetch(f"{sql} AND account_id IS NOT DISTINCT FROM CAST($2 AS BIGINT)", kind, account_id, *some):
                found.setdefault(row["subject_id"], {})[row["name"]] = row["value"].encode()
        return found

    @classmethod
    async def write(cls, kind: str, subject_id: int, account_id: int | None, changes: Mapping[str, bytes | None]) -> None:
        """Set properties, or remove them with None. Raises `PropertiesFull`."""
        async with database.transaction():
            for name, value in changes.items():
                await database.execute(
                    "DELETE FROM dead_property WHERE kind = $1 AND subject_id = $2 AND name = $3 AND account_id IS NOT DISTINCT FROM CAST($4 AS BIGINT)",
                    kind, subject_id, name, account_id,
                )
                if value is not None:
                    await database.execute(
                        "INSERT INTO dead_property (id, account_id, kind, subject_id, name, value) VALUES ($1, $2, $3, $4, $5, $6)",
                        new_id(), account_id, kind, subject_id, name, value.decode(),
                    )
            check_room((await cls.of(kind, [subject_id], account_id)).get(subject_id, {}).values())

    @classmethod
    async def forget(cls, kind: str, subject_ids: Sequence[int]) -> None:
        """What they were of is gone."""
        for start in range(0, len(subject_ids), 500):
            some = subject_ids[start : start + 500]
            await database.execute(f"DELETE FROM dead_property WHERE kind = $1 AND subject_id IN ({database.marks(some, 2)})", kind, *some)

    @classmethod
    async def copy(cls, kind: str, copies: Sequence[tuple[int, int]]) -> None:
        """What everybody sees of some things is seen of their copies too: pairs of ids, of a thing and its copy."""
        shared = await cls.of(kind, [from_id for from_id, _to_id in copies], None)
        for from_id, to_id in copies:
            if from_id in shared:
                await cls.write(kind, to_id, None, dict(shared[from_id]))
