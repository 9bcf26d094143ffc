"""One search over everything that has words: entries beside the data, found by words and by who may see them (BEY-01).

A model writes its entry in the transaction that writes the data:

    await SearchEntry.put("message", message.id, org_id=…, scope=channel.id, title="", body=text, at=message.created_at)

and says once which scopes (channels, calendars, an organisation …) a viewer may see:

    @scopes_of("message")
    async def _(viewer: Viewer) -> Collection[int]: …

An entry's address sorts by its time, so the newest hits come first from the index and the search stops as soon as it has enough.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from piccolo.columns import BigInt, ForeignKey, LazyTableReference, Text, Varchar

from app import database
from app.lib.ids import new_id
from app.lib.markdown import unstressed
from app.lib.searching import MARK, Query, Segment, entry_words, excerpt, highlight, parse, tsvector
from app.models.base import Row
from app.models.job import Job
from app.models.viewer import Viewer

BODY_KEPT = 20_000  # characters shown in excerpts; words are indexed beyond
_PLACES = 20  # low bits of an entry's address, below its time
_NEWEST = 6  # times the limit: hits of the words alone that are looked through first for somebody who sees much
_MOST_PLACES = 5_000  # looked through at once
_FEW = 64  # scopes that the index can look through at once
_FARTHEST = 1 << 43  # milliseconds from the epoch that an address holds
_ALWAYS = (1 << 63) - 1
_AT_ONCE, _MANY = 40, 100  # entries whose words are indexed in one transaction, when that is put off: when there are more than so many
_PAUSE = 0.01  # seconds in which others get their turn

Scopes = Mapping[str, Collection[int]]
ScopesOf = Callable[[Viewer], Awaitable[Collection[int]]]
TextsOf = Callable[[], AsyncIterator["Indexed"]]
_scopes_of: dict[str, ScopesOf] = {}
_texts_of: dict[str, TextsOf] = {}
_ids_of: dict[str, str] = {}


def scopes_of(kind: str) -> Callable[[ScopesOf], ScopesOf]:
    """Register the function that says in which scopes a viewer may read entries of `kind`. Without one nobody finds them."""

    def register(function: ScopesOf) -> ScopesOf:
        _scopes_of[kind] = function
        return function

    return register


def texts_of(kind: str, ids: str) -> Callable[[TextsOf], TextsOf]:
    """Register the function that yields everything of `kind` anew, for `reindex`, and the query for the ids of it all, for `agreement`."""

    def register(function: TextsOf) -> TextsOf:
        _texts_of[kind], _ids_of[kind] = function, ids
        return function

    return register


async def visible_scopes(viewer: Viewer, kinds: Collection[str] | None = None) -> dict[str, Collection[int]]:
    """What a viewer may find: the scopes of each kind, or of these kinds."""
    wanted = _scopes_of if kinds is None else [kind for kind in kinds if kind in _scopes_of]
    return {kind: await _scopes_of[kind](viewer) for kind in wanted}


@dataclass(frozen=True, slots=True)
class Indexed:
    """What an entry is made of. `at` is in milliseconds since the epoch."""

    subject_id: int
    org_id: int
    scope: int
    title: str
    body: str
    at: int
    author_id: int | None = None
    marks: Collection[str] = ()  # words that find it and stand nowhere in it, such as `hasfile`


@dataclass(frozen=True, slots=True)
class Hit:
    """A found entry with the looked-for words marked. `place` continues a search: `search(..., before=hit.place)`."""

    kind: str
    id: int
    scope: int
    author_id: int | None
    title: list[Segment]
    body: list[Segment]
    at: int
    place: int


class SearchEntry(Row):
    """The words of one thing. Its `words` column (text on SQLite, tsvector elsewhere) is for the index only."""

    kind = Varchar(length=16)
    subject_id = BigInt(help_text="Id of the message, the membership … that the entry is about.")
    org_id: ForeignKey = ForeignKey(LazyTableReference("Organisation", module_path="app.models.organisation"), null=False)
    scope = BigInt(help_text="Id of the channel, the organisation … whose readers may find it.")
    tagged = BigInt(null=True, default=None, help_text="The scope that the index of words still has, where that isn't `scope` (SQLite).")
    author_id = BigInt(null=True, default=None)
    title = Text(default="")
    body = Text(default="")
    at = BigInt(default=0)

    @classmethod
    async def put(
        cls, kind: str, subject_id: int, org_id: int, scope: int, title: str, body: str, at: int, author_id: int | None = None,
        marks: Collection[str] = (),
    ) -> None:
        """Write the entry of a thing, in place of the one it had."""
        async with database.transaction():
            await cls.remove(kind, subject_id)
            await insert_entry(kind, Indexed(subject_id, org_id, scope, title, body, at, author_id, marks))

    @classmethod
    async def copy(cls, kind: str, copies: Iterable[tuple[int, int, int, int | None]]) -> None:
        """Entries like those that there are: whose, for which subject, its scope and author. One whose address is taken isn't made."""
        await database.execute_many(_COPY.format(kind=kind), copies)

    @classmethod
    async def change_scope(cls, kind: str, subject_ids: Sequence[int], scope: int) -> None:
        """Let others find entries, in a transaction: what is hidden stays so. On SQLite the words of many are indexed anew by a job, in pieces
        between which others write; until then `scope` keeps from readers what isn't theirs any more, and new readers don't find it yet."""
        is_put_off = len(subject_ids) > _MANY and database.dialect() == "sqlite"
        more = ", tagged = COALESCE(tagged, scope)" if is_put_off else ""
        await database.execute(
            f"UPDATE search_entry SET scope = CASE WHEN scope < 0 THEN -CAST($1 AS BIGINT) ELSE $1 END{more}"
            f" WHERE kind = $2 AND subject_id IN ({database.marks(subject_ids, 3)})", scope, kind, *subject_ids,
        )
        if is_put_off:
            await Job.enqueue("index_scopes", key="index_scopes")

    @classmethod
    async def index_scopes(cls) -> None:
        """Index anew what was put off."""
        is_left = True
        while is_left:
            is_left = bool(await database.execute(
                f"UPDATE search_entry SET tagged = NULL WHERE id IN (SELECT id FROM search_entry WHERE tagged IS NOT NULL LIMIT {_AT_ONCE}) RETURNING id"
            ))
            await asyncio.sleep(_PAUSE)

    @classmethod
    async def remove(cls, kind: str, subject_id: int) -> None:  # type: ignore[override]
        """Take the entry of a thing away."""
        await database.execute("DELETE FROM search_entry WHERE kind = $1 AND subject_id = $2", kind, subject_id)


async def search(
    visible: Scopes, org_id: int, text: str | Query, kinds: Collection[str] | None = None, limit: int = 20, before: int | None = None,
    author_id: int | None = None, since: int | None = None, until: int | None = None,
) -> list[Hit]:
    """The newest entries of an organisation with the words of `text`, in the scopes of `visible_scopes`.

    `since` and `until` are instants in milliseconds, `until` exclusive; `before` is the `place` of the last hit seen. Without words,
    an author finds what they wrote and otherwise there are no hits.
    """
    wanted = _Wanted(
        parse(text) if isinstance(text, str) else text, org_id, tuple(kind for kind in (visible if kinds is None else kinds) if visible.get(kind)),
        visible, author_id, _address(since) if since is not None else -_ALWAYS,
        min(before if before is not None else _ALWAYS, _address(until) if until is not None else _ALWAYS), limit,
    )
    if not wanted.kinds or (wanted.query.is_empty and author_id is None):
        return []
    rows = await (_on_sqlite(wanted) if database.dialect() == "sqlite" else _on_postgres(wanted))
    return [_hit(row, wanted.query) for row in rows]


def kinds() -> list[str]:
    """What can be written anew with `reindex`."""
    return sorted(_texts_of)


async def agreement(kind: str) -> tuple[int, int, int]:
    """How many there are of a kind, how many of them have no entry, and how many entries are of nothing."""
    ids = _ids_of[kind]
    row = await database.fetch_one(
        f"""SELECT (SELECT COUNT(*) FROM ({ids}) AS t) AS there,
        (SELECT COUNT(*) FROM ({ids}) AS t WHERE NOT EXISTS (SELECT 1 FROM search_entry e WHERE e.kind = $1 AND e.subject_id = t.id)) AS missing,
        (SELECT COUNT(*) FROM search_entry e WHERE e.kind = $1) AS entries""", kind,
    )
    assert row is not None
    return row["there"], row["missing"], row["entries"] - (row["there"] - row["missing"])


async def reindex(kind: str) -> int:
    """Write all entries of a kind anew from the data, while it is in use. Returns how many there are."""
    started, seen = new_id(), set[int]()
    batch: list[Indexed] = []
    async for text in _texts_of[kind]():
        batch.append(text)
        seen.add(text.subject_id)
        if len(batch) == 200:
            await _put_all(kind, batch)
            batch = []
    await _put_all(kind, batch)
    for row in await database.fetch("SELECT subject_id FROM search_entry WHERE kind = $1 AND subject_id < $2", kind, started):
        if row["subject_id"] not in seen:
            await SearchEntry.remove(kind, row["subject_id"])
    return len(seen)


async def _put_all(kind: str, batch: list[Indexed]) -> None:
    async with database.transaction():
        for text in batch:
            await SearchEntry.remove(kind, text.subject_id)
            await insert_entry(kind, text)


# -- writing


_INSERT = """
INSERT INTO search_entry (id, kind, subject_id, org_id, scope, author_id, title, body, at, words)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, {words}) ON CONFLICT (id) DO NOTHING RETURNING id
"""
_COPY = f"""
INSERT INTO search_entry (id, kind, subject_id, org_id, scope, author_id, title, body, at, words)
SELECT ((e.id >> {_PLACES}) << {_PLACES}) | (CAST($2 AS BIGINT) & {(1 << _PLACES) - 1}), e.kind, CAST($2 AS BIGINT), e.org_id, CAST($3 AS BIGINT),
       CAST($4 AS BIGINT), e.title, e.body, e.at, e.words
  FROM search_entry e WHERE e.kind = '{{kind}}' AND e.subject_id = $1 ON CONFLICT (id) DO NOTHING
"""


async def insert_entry(kind: str, text: Indexed) -> None:
    """Write the entry of a thing that has none."""
    listed = [*(f"{MARK}{mark}" for mark in text.marks), *entry_words(text.title, text.body)]
    is_sqlite = database.dialect() == "sqlite"
    statement = _INSERT.format(words="$10" if is_sqlite else "$10::text::tsvector")
    kept = (kind, text.subject_id, text.org_id, text.scope, text.author_id, text.title, text.body[:BODY_KEPT], text.at)
    stored = " ".join(listed) if is_sqlite else tsvector(listed)
    place = _address(text.at) | text.subject_id & ((1 << _PLACES) - 1)
    while not await database.execute(statement, place, *kept, stored):
        place = _address(text.at) | secrets.randbits(_PLACES)


def _address(at: int) -> int:
    """The lowest address of entries of an instant. Beyond the years 1691 and 2248 all instants are one."""
    return min(max(at, -_FARTHEST), _FARTHEST - 1) << _PLACES


# -- finding


@dataclass(frozen=True, slots=True)
class _Wanted:
    query: Query
    org_id: int
    kinds: tuple[str, ...]
    visible: Scopes
    author_id: int | None
    low: int
    high: int
    limit: int

    @property
    def doors(self) -> list[str]:
        """Kind and scope of everything that may be found, as `_DOOR` has them."""
        return [f"{kind}:{scope}" for kind in self.kinds for scope in self.visible[kind]]


_DOOR = "e.kind || ':' || e.scope"
_COLUMNS = "e.id, e.kind, e.subject_id, e.scope, e.author_id, e.title, e.body, e.at"

_PLACES_FOUND = "SELECT rowid FROM search_words WHERE search_words MATCH $1 AND rowid >= $2 AND rowid < $3 ORDER BY rowid DESC LIMIT $4"

# A query of its own: joined with the index, SQLite would read the whole table into a Bloom filter first.
_ALLOWED = f"""
SELECT {_COLUMNS} FROM search_entry e WHERE e.id IN (SELECT value FROM json_each($1))
   AND +e.org_id = $2 AND {_DOOR} IN (SELECT value FROM json_each($3)) ORDER BY e.id DESC LIMIT $4
"""

_WITH_TSVECTOR = f"""
SELECT {_COLUMNS} FROM search_entry e
 WHERE e.org_id = $1 AND {_DOOR} = ANY($2::text[]) AND e.id >= $3 AND e.id < $4
   AND ($5 = '' OR e.words @@ $5::text::tsquery) AND ($6::bigint IS NULL OR e.author_id = $6) ORDER BY e.id DESC LIMIT $7
"""


async def _on_sqlite(wanted: _Wanted) -> list[dict[str, Any]]:
    """The scopes are words of the index too, so that it skips by itself what this viewer may not see. Somebody with very many of
    them sees most of the newest hits anyway: those are tried first. The plain columns decide in either case."""
    if len(wanted.doors) <= _FEW:
        return await _by_scope(wanted)
    most = _NEWEST * wanted.limit
    places = await _places(wanted, _match(wanted), most)
    rows = await _allowed(wanted, places)
    if len(rows) < wanted.limit and len(places) == most:
        rows += await _by_scope(replace(wanted, high=places[-1], limit=wanted.limit - len(rows)))
    return rows


async def _by_scope(wanted: _Wanted) -> list[dict[str, Any]]:
    """What is hidden has its place among what is seen, so that more may have to be looked through than is wanted."""
    match, most, rows = _match(wanted, by_scope=True), wanted.limit, list[dict[str, Any]]()
    while len(rows) < wanted.limit:
        places = await _places(wanted, match, most)
        rows += await _allowed(replace(wanted, limit=wanted.limit - len(rows)), places)
        if len(places) < most:
            break
        wanted, most = replace(wanted, high=places[-1]), min(_MOST_PLACES, most * 4)
    return rows


async def _places(wanted: _Wanted, match: str, most: int) -> list[int]:
    return [row["rowid"] for row in await database.fetch(_PLACES_FOUND, match, wanted.low, wanted.high, most)]


async def _allowed(wanted: _Wanted, places: list[int]) -> list[dict[str, Any]]:
    if not places:
        return []
    return await database.fetch(_ALLOWED, json.dumps(places), wanted.org_id, json.dumps(wanted.doors), wanted.limit)


def _match(wanted: _Wanted, *, by_scope: bool = False) -> str:
    """The FTS5 query. Tags are `§kind`, `§kind§scope` and `§by§author` (see the migration); § is never part of a word."""
    among = [f"§{door.replace(':', '§')}" for door in wanted.doors] if by_scope else [f"§{kind}" for kind in wanted.kinds]
    parts = ["tags:(" + " OR ".join(f'"{tag}"' for tag in among) + ")"]
    if wanted.author_id is not None:
        parts.append(f'tags:"§by§{wanted.author_id}"')
    if not wanted.query.is_empty:
        parts.append(wanted.query.fts5("words"))
    unwanted = wanted.query.fts5_unwanted("words")
    return f"({' AND '.join(parts)})" + (f" NOT {unwanted}" if unwanted else "")


async def _on_postgres(wanted: _Wanted) -> list[dict[str, Any]]:
    tsquery = "" if wanted.query.is_empty else wanted.query.tsquery()
    return await database.fetch(
        _WITH_TSVECTOR, wanted.org_id, wanted.doors, wanted.low, wanted.high, tsquery, wanted.author_id, wanted.limit
    )


def _hit(row: dict[str, Any], query: Query) -> Hit:
    body = unstressed(row["body"]) if row["kind"] == "message" else row["body"]
    return Hit(
        row["kind"], row["subject_id"], row["scope"], row["author_id"], highlight(row["title"], query), excerpt(body, query), row["at"], row["id"],
    )
