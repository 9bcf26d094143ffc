"""The index of words: FTS5 fed by triggers on SQLite, a tsvector column with GIN elsewhere. The app folds the words (lib/searching)."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database.migrations import run_sql

ID = "2026-11-22T19:32:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "search_words"

BOTH = [
    "CREATE UNIQUE INDEX search_entry_subject_key ON search_entry (kind, subject_id)",
    "CREATE INDEX search_entry_org_id_id ON search_entry (org_id, id)",
]

# Who may find an entry is in its tags, which the index joins with the words; § is never part of a word.
_TAGS = "'§' || {0}.kind || ' §' || {0}.kind || '§' || {0}.scope || coalesce(' §by§' || {0}.author_id, '')"
_ADD = f"INSERT INTO search_words (rowid, tags, words) VALUES (new.id, {_TAGS.format('new')}, new.words);"
# An index without content of its own must be told the words that it forgets (https://sqlite.org/fts5.html#the_delete_command).
_TAKE = (
    "INSERT INTO search_words (search_words, rowid, tags, words)"
    f" VALUES ('delete', old.id, {_TAGS.format('old')}, old.words);"
)

SQLITE = [
    "ALTER TABLE search_entry ADD COLUMN words TEXT NOT NULL DEFAULT ''",
    "CREATE VIRTUAL TABLE search_words USING fts5(tags, words, content='', tokenize='ascii', prefix='1 2 3 4', columnsize=0)",
    # Merging is put off for longer than by default (4): the slowest of 1,000 writes then takes a fraction of the time.
    "INSERT INTO search_words (search_words, rank) VALUES ('automerge', 8)",
    f"CREATE TRIGGER search_entry_added AFTER INSERT ON search_entry BEGIN {_ADD} END",
    f"CREATE TRIGGER search_entry_removed AFTER DELETE ON search_entry BEGIN {_TAKE} END",
    f"CREATE TRIGGER search_entry_changed AFTER UPDATE ON search_entry BEGIN {_TAKE} {_ADD} END",
    *BOTH,
]
POSTGRES = [
    "ALTER TABLE search_entry ADD COLUMN words TSVECTOR NOT NULL DEFAULT ''::tsvector",
    "CREATE INDEX search_entry_words ON search_entry USING GIN (words)",
    *BOTH,
]


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        await run_sql(sqlite=SQLITE, postgres=POSTGRES)

    manager.add_raw(run)
    return manager
