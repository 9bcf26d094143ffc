"""Everything of one's own as one zip of open formats.

An app adds its part; it is asked for (path, bytes) pairs, one file after the other, so that nothing has to fit into memory:

    @exports("chat")
    async def _chat(owner: Owner) -> AsyncIterator[tuple[str, AsyncIterator[bytes]]]:
        yield "chat/messages.json", json_array(rows(owner))
"""

from __future__ import annotations

from app.models.my_data import own  # noqa: F401 - registers the account's own part
from app.models.my_data.export import DataExport
from app.models.my_data.registry import Owner, exports, json_array, json_file, text_file

__all__ = ["DataExport", "Owner", "exports", "json_array", "json_file", "text_file"]
