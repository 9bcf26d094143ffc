"""The one Piccolo app: every table under app.models, one folder of migrations."""

from __future__ import annotations

import pkgutil

from piccolo.conf.apps import AppConfig, table_finder

import app.models
from app.database.migrations import APP_NAME, FOLDER


def _modules() -> list[str]:
    return sorted(module.name for module in pkgutil.walk_packages(app.models.__path__, "app.models."))


APP_CONFIG = AppConfig(
    app_name=APP_NAME,
    migrations_folder_path=FOLDER,
    table_classes=[table for table in table_finder(_modules(), exclude_imported=True) if table.__name__ != "Row"],
)
