"""Drive over HTTP: `places` (folders and lists), `files` (viewing, downloading, editing), `changes` (making, moving, throwing away, uploads
that arrive), `details` (the panel: activity, versions, comments, tags), `sharing` (who may, links), `rules`, `broadcasts`."""

from __future__ import annotations

from typing import Any

from litestar import Request

from app.lib.forms import Form, TextField
from app.lib.i18n import _
from app.models.base import Refused
from app.models.drive.tree import MOST_AT_ONCE

CHANGED: dict[str, Any] = {"drive:changed": {"at": 1}}
"""The event at which a list that is shown asks anew."""
CLOSED: dict[str, Any] = {"dialog:close": {}}


async def chosen(request: Request) -> list[int]:
    """The nodes that a form or an address names: `ids`, several times or with commas. Raises `Refused` without any."""
    sent = (await request.form()).getall("ids", []) if request.method == "POST" else request.query_params.getall("ids", [])
    ids = [int(part) for one in sent for part in str(one).split(",") if part.isascii() and part.isdigit() and len(part) < 17]
    if not ids:
        raise Refused(_("Please select something first."))
    if len(ids) > MOST_AT_ONCE:
        raise Refused(_("These are too many at once."))
    return ids


class Naming(Form):
    """A name."""

    name = TextField(most=1000, strip=False)
