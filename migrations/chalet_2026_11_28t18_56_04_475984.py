from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Text
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-28T18:56:04:475984"
VERSION = "1.38.0"
DESCRIPTION = "my data: which organisations"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="chalet", description=DESCRIPTION
    )

    manager.add_column(
        table_class_name="DataExport",
        tablename="data_export",
        column_name="org_ids",
        db_column_name="org_ids",
        column_class_name="Text",
        column_class=Text,
        params={
            "default": "[]",
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema=None,
    )

    return manager
