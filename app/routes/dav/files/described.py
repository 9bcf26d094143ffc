"""The live properties of files and folders, read from rows of `node`."""

from __future__ import annotations

from typing import Any

from app.lib.dav.names import d
from app.lib.dav.writing import elements, escape
from app.routes.dav.locks import SUPPORTED
from app.routes.dav.properties import Property, column, fixed, http_date, iso_date

COLUMNS = ("id", "name", "is_file", "version_id", "modseq", "size", "media_type", "modified_at", "changed_at", "created_at")
_FOLDER = elements(d("collection"))


def etag_of(row: Any) -> str:
    """The strong ETag without quotes: a file's by its version, a folder's by its last change."""
    return str(row["version_id"]) if row["is_file"] else f"{row['id']}-{row['modseq']}"


ITEM: dict[str, Property] = {
    d("resourcetype"): Property(lambda row: b"" if row["is_file"] else _FOLDER, True),
    d("displayname"): column("name", in_allprop=True),
    d("getetag"): Property(lambda row: f'"{etag_of(row)}"'.encode(), True, ("version_id", "modseq")),
    d("getcontentlength"): Property(lambda row: b"%d" % row["size"] if row["is_file"] else None, True, ("size",)),
    d("getcontenttype"): Property(lambda row: escape(row["media_type"] or "application/octet-stream") if row["is_file"] else None, True, ("media_type",)),
    d("getlastmodified"): Property(lambda row: http_date(row["modified_at"] if row["is_file"] else row["changed_at"]), True, ("modified_at", "changed_at")),
    d("creationdate"): column("created_at", iso_date, in_allprop=True),
    d("supportedlock"): fixed(SUPPORTED, in_allprop=True),
}
