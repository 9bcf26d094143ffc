"""Names in folders: refused with a reason, found free, compared."""

from __future__ import annotations

from collections.abc import Iterable

from app import database
from app.lib import file_names
from app.lib.i18n import _
from app.models.base import Refused
from app.models.drive.tables import COLUMNS, Node, node_from

_MOST_NUMBERS = 10_000


class NameRefused(Refused):
    """Nothing can be called so; the text says why."""


class NameTaken(Refused):
    """There is something of this name in the folder."""

    def __init__(self, name: str, there: Node | None = None) -> None:
        super().__init__(_("There is something called “%(name)s” here already.") % {"name": name})
        self.there = there


def checked(typed: str) -> str:
    """A name that somebody typed, as it is kept. Raises `NameRefused`."""
    try:
        return file_names.check(typed)
    except file_names.BadName as bad:
        raise NameRefused(_why(bad.reason)) from None


def named(name: str) -> dict[str, str]:
    """The columns that follow from a name."""
    return {"name": name, "name_key": file_names.key_of(name), "sort_key": file_names.sort_key(name)}


async def named_in(folder_id: int, name: str) -> Node | None:
    """What is called so in a folder."""
    row = await database.fetch_one(
        f"SELECT {COLUMNS} FROM node n WHERE n.parent_id = $1 AND n.name_key = $2 AND n.trashed_at IS NULL", folder_id, file_names.key_of(name)
    )
    return node_from(row) if row else None


async def free_name(folder_id: int, name: str) -> str:
    """The name, or with the first number that is free in a folder: `report (2).pdf`."""
    if await named_in(folder_id, name) is None:
        return name
    low, high = 1, 2
    while await named_in(folder_id, file_names.numbered(name, high)) is not None and high < _MOST_NUMBERS:
        low, high = high, high * 2
    while high - low > 1:  # numbers are given in turn, so halving finds the first free one, or another free one
        middle = (low + high) // 2
        low, high = (middle, high) if await named_in(folder_id, file_names.numbered(name, middle)) is not None else (low, middle)
    return file_names.numbered(name, high)


class Names:
    """The names in a folder, for who puts many into it at once."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._keys, self._next = set(keys), dict[str, int]()

    @classmethod
    async def of(cls, folder_id: int) -> Names:
        """Those that are taken in a folder."""
        rows = await database.fetch("SELECT name_key FROM node WHERE parent_id = $1 AND trashed_at IS NULL", folder_id)
        return cls(row["name_key"] for row in rows)

    def take(self, name: str) -> str:
        """The name, or with the first number that is free; it is taken now."""
        key, free = file_names.key_of(name), name
        while file_names.key_of(free) in self._keys:
            self._next[key] = self._next.get(key, 1) + 1
            free = file_names.numbered(name, self._next[key])
        self._keys.add(file_names.key_of(free))
        return free


def _why(reason: str) -> str:
    return {
        file_names.EMPTY: _("Please type a name."),
        file_names.DOTS: _("“.” and “..” mean folders on every computer, so nothing else can be called so."),
        file_names.SLASH: _("A name can’t have a slash: it separates folders."),
        file_names.CONTROL: _("A name can’t have line breaks or other invisible characters."),
        file_names.LONG: _("This name is too long: at most 255 bytes, which are as many plain letters or about 60 emoji."),
        file_names.ENDING: _("A name can’t end with a dot or a space: Windows couldn’t open it."),
        file_names.DEVICE: _("Windows keeps this name for a device, so colleagues with Windows couldn’t open it."),
    }[reason]
