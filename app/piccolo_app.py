"""The one Piccolo app: every table under app.models, one folder of migrations."""

from __future__ import annotations

import pkgutil
from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

import app.models


def _modules() -> list[str]:
    return sorted(module.name for module in pkgutil.walk_packages(app.models.__path__, "app.models."))


APP_CONFIG = AppConfig(
    app_name="chalet",
    migrations_folder_path=Path(__file__).resolve().parent.parent / "migrations",
    table_classes=[table for table in table_finder(_modules(), exclude_imported=True) if table.__name__ != "Row"],
)
