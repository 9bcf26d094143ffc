"""Who asks over DAV, and what DAV keeps that no app has a column for."""

from __future__ import annotations

from app.models.dav.caller import Caller, Colleague, colleagues
from app.models.dav.lock import DavLock
from app.models.dav.program import SyncProgram
from app.models.dav.property import DeadProperty

__all__ = ["Caller", "Colleague", "DavLock", "DeadProperty", "SyncProgram", "colleagues"]
