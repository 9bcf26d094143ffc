from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-22T23:29:07:905448"
VERSION = "1.38.0"
DESCRIPTION = "sign-in rules are a table of their own"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="chalet", description=DESCRIPTION
    )

    manager.drop_column(
        table_class_name="Organisation",
        tablename="organisation",
        column_name="session_days",
        db_column_name="session_days",
        schema=None,
    )

    manager.drop_column(
        table_class_name="Organisation",
        tablename="organisation",
        column_name="two_factor_required_at",
        db_column_name="two_factor_required_at",
        schema=None,
    )

    return manager
