"""What all rows share."""

from __future__ import annotations

from typing import Any, Self

from piccolo.columns import BigInt, Boolean, ForeignKey, Integer, SmallInt, Text, Varchar
from piccolo.table import Table

from app import database
from app.lib.ids import new_id

# Piccolo asks a descriptor for each value of a row. Without its setter, Python finds the value in the row itself, many times as fast.
for _column in (BigInt, Boolean, ForeignKey, Integer, SmallInt, Text, Varchar):
    del _column.__set__


class NotFound(LookupError):
    """There is no such thing, or it isn't for this viewer. Both look the same from outside."""


class Refused(Exception):
    """A rule says no. The text is shown to the person as it is."""


class Row(Table):
    """A table whose rows have an id made in the app (`app.lib.ids`)."""

    id = BigInt(primary_key=True, default=0)

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Self:
        """A saved row from a hand-written query's answer: every column of the table must be in it. 20 times cheaper than `objects()`."""
        saved = cls.__new__(cls)
        saved.__dict__.update(row)
        saved._exists_in_db = True
        saved._was_created = None
        return saved

    @classmethod
    async def find(cls, id_: int) -> Self | None:
        """The row with this id, or None."""
        row = await database.fetch_one(f"SELECT * FROM {cls._meta.get_formatted_tablename()} WHERE id = $1", id_)
        return cls.from_row(row) if row else None

    @classmethod
    async def get(cls, id_: int) -> Self:
        """The row with this id. Raises `NotFound`."""
        found = await cls.find(id_)
        if found is None:
            raise NotFound(f"{cls.__name__} {id_}")
        return found

    @classmethod
    async def find_own(cls, id_: int, **owner: int) -> Self:
        """The row with this id that is of `owner`, such as `account_id=…`. Raises `NotFound` also where it is somebody else's."""
        conditions = "".join(f" AND {column} = ${number}" for number, column in enumerate(owner, 2))
        row = await database.fetch_one(f"SELECT * FROM {cls._meta.get_formatted_tablename()} WHERE id = $1{conditions}", id_, *owner.values())
        if row is None:
            raise NotFound(f"{cls.__name__} {id_}")
        return cls.from_row(row)

    @classmethod
    async def insert_new(cls, **values: Any) -> Self:
        """Insert a row with a new id and return it."""
        made = cls(id=new_id(), **values)
        await cls.insert(made).run()
        made._exists_in_db = True
        return made

    async def change(self, **values: Any) -> None:
        """Write these columns of this row, in the database and here."""
        columns = ", ".join(f'"{name}" = ${number}' for number, name in enumerate(values, 2))
        await database.execute(f"UPDATE {self._meta.get_formatted_tablename()} SET {columns} WHERE id = $1", self.id, *values.values())
        self.__dict__.update(values)
