"""What Piccolo looks for: the engine in use and the app. Its command line (`piccolo migrations new chalet --auto`) needs no open database."""

from __future__ import annotations

import sys
from pathlib import Path

from piccolo.conf.apps import AppRegistry

from app import database

if Path(sys.argv[0]).stem == "piccolo" and not database.is_open():
    from app.settings import read_settings

    database.configure(read_settings().database_address)

DB = database.current
APP_REGISTRY = AppRegistry(apps=["app.piccolo_app"])
