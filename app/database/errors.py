"""What a database refuses, under one name whichever engine said it."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

import asyncpg

_SQLITE_UNIQUE = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID}
_SQLITE_COLUMN = re.compile(r"[\w$]+\.([\w$]+)")
_POSTGRES_KEY = re.compile(r"Key \((.+?)\)=")


class Violation(Exception):
    """A row that a constraint refuses. `columns` are those of the constraint, as far as the engine names them."""

    def __init__(self, message: str, columns: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.columns = columns


class UniqueViolation(Violation):
    """A second row with a value, or a set of values, that may occur once."""


class ForeignKeyViolation(Violation):
    """A reference to a row that isn't there, or the removal of a row that others refer to."""


class OutOfRange(LookupError):
    """A number that no column holds, so that no row has it."""


class TransactionOver(RuntimeError):
    """A query in a task that outlived the transaction it was started in, or in a transaction that the database undid."""


def translated(error: BaseException) -> BaseException:
    """`error` in our words where it is a constraint's refusal or a number out of range, else `error` itself."""
    if isinstance(error, OverflowError | asyncpg.DataError):
        return OutOfRange(str(error)) if isinstance(error, OverflowError) or "range" in str(error) else error
    if isinstance(error, sqlite3.IntegrityError):
        return _from_sqlite(error)
    if isinstance(error, asyncpg.UniqueViolationError):
        return UniqueViolation(_headline(error), _postgres_columns(error))
    if isinstance(error, asyncpg.ForeignKeyViolationError | asyncpg.RestrictViolationError):
        return ForeignKeyViolation(_headline(error), _postgres_columns(error))
    return error


def _from_sqlite(error: sqlite3.IntegrityError) -> BaseException:
    code = getattr(error, "sqlite_errorcode", None)
    if code in _SQLITE_UNIQUE:
        return UniqueViolation(str(error), tuple(_SQLITE_COLUMN.findall(str(error))))
    # ON DELETE RESTRICT is reported as a trigger's refusal.
    if code == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY or str(error).startswith("FOREIGN KEY"):
        return ForeignKeyViolation(str(error))
    return error


def _headline(error: Any) -> str:
    # Without the detail line: it repeats the refused values, which may be personal.
    return str(error.args[0]) if error.args else type(error).__name__


def _postgres_columns(error: Any) -> tuple[str, ...]:
    found = _POSTGRES_KEY.search(error.detail or "")
    return tuple(name.strip().strip('"') for name in found[1].split(",")) if found else ()
