"""Drive: what there is one of, and what is looked up by."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database.migrations import run_sql

ID = "2026-11-28T18:35:05:000000"
VERSION = "1.38.0"
DESCRIPTION = "drive: indexes"

INDEXES = (
    "CREATE UNIQUE INDEX drive_slug_key ON drive (org_id, (COALESCE(owner_id, 0)), slug)",
    "CREATE UNIQUE INDEX node_name_key ON node (parent_id, name_key) WHERE trashed_at IS NULL AND parent_id IS NOT NULL",
    "CREATE INDEX node_by_name ON node (parent_id, is_file, sort_key, id) WHERE trashed_at IS NULL",
    "CREATE INDEX node_by_date ON node (parent_id, is_file, modified_at, id) WHERE trashed_at IS NULL",
    "CREATE INDEX node_by_size ON node (parent_id, is_file, size, id) WHERE trashed_at IS NULL",
    "CREATE INDEX node_parent_id ON node (parent_id, modseq)",
    "CREATE INDEX node_trash ON node (drive_id, trashed_at) WHERE trashed_at IS NOT NULL",
    "CREATE INDEX node_org_trash ON node (org_id, trashed_at) WHERE trashed_at IS NOT NULL",
    "CREATE INDEX node_drive_id ON node (drive_id, modseq)",
    "CREATE INDEX node_anchor_id ON node (anchor_id)",
    "CREATE INDEX node_above_id ON node (above_id) WHERE above_id IS NOT NULL",
    "CREATE INDEX node_blob_id ON node (blob_id)",
    "CREATE UNIQUE INDEX node_version_number_key ON node_version (node_id, number)",
    "CREATE INDEX node_version_blob_id ON node_version (blob_id)",
    "CREATE INDEX node_version_created_at ON node_version (created_at)",
    "CREATE UNIQUE INDEX node_grant_principal_key ON node_grant (node_id, kind, principal_id)",
    "CREATE INDEX node_grant_principal ON node_grant (org_id, kind, principal_id)",
    "CREATE INDEX node_grant_granted_by ON node_grant (org_id, granted_by)",
    "CREATE INDEX node_gone_parent_id ON node_gone (parent_id, modseq)",
    "CREATE INDEX node_gone_drive_id ON node_gone (drive_id, at)",
    "CREATE INDEX node_event_node_id ON node_event (node_id, id)",
    "CREATE INDEX node_event_parent_id ON node_event (parent_id, id)",
    "CREATE INDEX node_event_org_id ON node_event (org_id)",
    "CREATE UNIQUE INDEX node_favourite_key ON node_favourite (account_id, node_id)",
    "CREATE INDEX node_favourite_node_id ON node_favourite (node_id)",
    "CREATE UNIQUE INDEX node_visit_key ON node_visit (account_id, node_id)",
    "CREATE INDEX node_visit_at ON node_visit (account_id, at)",
    "CREATE INDEX node_visit_node_id ON node_visit (node_id)",
    "CREATE UNIQUE INDEX node_tag_name_key ON node_tag_name (org_id, name_key)",
    "CREATE UNIQUE INDEX node_tag_key ON node_tag (node_id, tag_id)",
    "CREATE INDEX node_tag_tag_id ON node_tag (tag_id)",
    "CREATE INDEX node_comment_node_id ON node_comment (node_id, id)",
    "CREATE INDEX node_comment_org_id ON node_comment (org_id)",
    "CREATE UNIQUE INDEX public_link_token_key ON public_link (token)",
    "CREATE INDEX public_link_subject ON public_link (kind, subject_id)",
    "CREATE INDEX public_link_created_by ON public_link (org_id, created_by)",
    "CREATE INDEX link_visit_link_id ON link_visit (link_id, id)",
    "CREATE INDEX link_visit_at ON link_visit (at)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        await run_sql(sqlite=INDEXES, postgres=INDEXES)

    manager.add_raw(run)
    return manager
