"""Drive over HTTP: `places` (folders and lists), `files` (viewing, downloading, editing), `changes` (making, moving, throwing away), `arriving`
(uploads), `details` (the panel: activity, versions, comments, tags), `sharing` (who may, links), `rules`, `broadcasts`."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request
from litestar.response import Response

from app.access import find_drive_node
from app.lib.forms import Form, TextField
from app.lib.i18n import _
from app.lib.numbers import whole
from app.models.base import Refused
from app.models.drive.rows import rows_of

CHANGED: dict[str, Any] = {"drive:changed": {"at": 1}}
"""The event at which a list that is shown asks anew."""
CLOSED: dict[str, Any] = {"dialog:close": {}}


async def chosen(request: Request) -> list[int]:
    """The nodes that a form or an address names: `ids`, several times or with commas, or `all` that the viewer sees in a folder. Raises
    `Refused` without any."""
    said = await request.form() if request.method == "POST" else request.query_params
    if (folder := whole(str(said.get("all", "")))) is not None:
        found = await find_drive_node(request.state.viewer, folder)
        ids = [row["id"] async for rows in rows_of(request.state.viewer, found.drive, found.node.id, ()) for row in rows]
    else:
        ids = [id_ for one in said.getall("ids", []) for part in str(one).split(",") if (id_ := whole(part)) is not None]
    if not ids:
        raise Refused(_("Please select something first."))
    return ids


def as_json(value: Any, status: int = 200) -> Response[bytes]:
    """An answer for a script."""
    return Response(msgspec.json.encode(value), status_code=status, media_type="application/json")


class Naming(Form):
    """A name."""

    name = TextField(most=1000, strip=False)
