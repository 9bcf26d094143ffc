"""Address books and contacts: what there is one of, and what is looked up by."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database.migrations import run_sql

ID = "2026-11-28T18:16:34:000000"
VERSION = "1.38.0"
DESCRIPTION = "address books and contacts: indexes"

INDEXES = (
    "CREATE UNIQUE INDEX address_book_account_id_slug_key ON address_book (account_id, slug)",
    "CREATE UNIQUE INDEX address_book_org_id_account_id_sole_key ON address_book (org_id, account_id, sole_key)",
    "CREATE UNIQUE INDEX address_book_share_book_id_sole_key ON address_book_share (book_id, sole_key)",
    "CREATE INDEX address_book_share_account_id ON address_book_share (account_id)",
    "CREATE INDEX address_book_share_team_id ON address_book_share (team_id)",
    "CREATE UNIQUE INDEX address_book_answer_book_id_account_id_key ON address_book_answer (book_id, account_id)",
    "CREATE INDEX address_book_answer_account_id ON address_book_answer (account_id)",
    "CREATE UNIQUE INDEX contact_book_id_href_key ON contact (book_id, href)",
    "CREATE INDEX contact_book_id_href_etag ON contact (book_id, href, etag, size)",
    "CREATE UNIQUE INDEX contact_book_id_uid_key ON contact (book_id, uid)",
    "CREATE INDEX contact_book_id_modseq ON contact (book_id, modseq, href, etag)",
    "CREATE INDEX contact_book_id_sort_name ON contact (book_id, sort_name, id)",
    "CREATE INDEX contact_book_id_birthday ON contact (book_id, birthday) WHERE birthday <> ''",
    "CREATE INDEX contact_email_contact_id ON contact_email (contact_id)",
    "CREATE INDEX contact_email_address ON contact_email (address, book_id)",
    "CREATE INDEX contact_email_book_id ON contact_email (book_id, address)",
    "CREATE INDEX contact_phone_contact_id ON contact_phone (contact_id)",
    "CREATE INDEX contact_phone_number ON contact_phone (number, book_id)",
    "CREATE INDEX contact_phone_book_id ON contact_phone (book_id, number)",
    "CREATE INDEX contact_label_contact_id ON contact_label (contact_id)",
    "CREATE INDEX contact_label_book_id ON contact_label (book_id, name_key)",
    "CREATE INDEX contact_member_contact_id ON contact_member (contact_id)",
    "CREATE INDEX contact_member_book_id ON contact_member (book_id, uid)",
    "CREATE UNIQUE INDEX contact_gone_book_id_href_key ON contact_gone (book_id, href)",
    "CREATE INDEX contact_gone_book_id_modseq ON contact_gone (book_id, modseq, href)",
    "CREATE INDEX contact_version_book_id ON contact_version (book_id)",
    "CREATE INDEX contact_version_replaced_at ON contact_version (replaced_at)",
    "CREATE UNIQUE INDEX contact_favourite_account_id_key ON contact_favourite (account_id, kind, subject_id)",
    "CREATE UNIQUE INDEX contact_seen_account_id_key ON contact_seen (account_id, kind, subject_id)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        await run_sql(sqlite=INDEXES, postgres=INDEXES)

    manager.add_raw(run)
    return manager
