"""Who finds an entry may change while its words stay as they are in the index (SQLite): what is hidden (a scope below zero) keeps its place, as the
plain columns decide who finds it, and of very many that get other readers the index follows in pieces (`tagged`)."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database.migrations import run_sql

ID = "2026-11-29T04:50:12:251080"
VERSION = "1.38.0"
DESCRIPTION = "search_words: hidden entries stay, scopes follow later"

_BEFORE = "'§' || e.kind || ' §' || e.kind || '§' || e.scope || coalesce(' §by§' || e.author_id, '')"
_TAGS = "'§' || {0}.kind || ' §' || {0}.kind || '§' || abs(coalesce({0}.tagged, {0}.scope)) || coalesce(' §by§' || {0}.author_id, '')"
_ADD = f"INSERT INTO search_words (rowid, tags, words) VALUES (new.id, {_TAGS.format('new')}, new.words);"
_TAKE = f"INSERT INTO search_words (search_words, rowid, tags, words) VALUES ('delete', old.id, {_TAGS.format('old')}, old.words);"
_IS_OTHER = f"old.id <> new.id OR old.words <> new.words OR {_TAGS.format('old')} <> {_TAGS.format('new')}"

SQLITE = [
    "DROP TRIGGER search_entry_added",
    "DROP TRIGGER search_entry_removed",
    "DROP TRIGGER search_entry_changed",
    f"INSERT INTO search_words (search_words, rowid, tags, words) SELECT 'delete', e.id, {_BEFORE}, e.words FROM search_entry e WHERE e.scope < 0",
    f"INSERT INTO search_words (rowid, tags, words) SELECT e.id, {_TAGS.format('e')}, e.words FROM search_entry e WHERE e.scope < 0",
    f"CREATE TRIGGER search_entry_added AFTER INSERT ON search_entry BEGIN {_ADD} END",
    f"CREATE TRIGGER search_entry_removed AFTER DELETE ON search_entry BEGIN {_TAKE} END",
    f"CREATE TRIGGER search_entry_changed AFTER UPDATE ON search_entry WHEN {_IS_OTHER} BEGIN {_TAKE} {_ADD} END",
    "CREATE INDEX search_entry_tagged ON search_entry (id) WHERE tagged IS NOT NULL",
]


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        await run_sql(sqlite=SQLITE, postgres=[])

    manager.add_raw(run)
    return manager
