"""Names of files that a browser keeps."""

from __future__ import annotations

import re
from email.message import Message
from urllib.parse import quote

_BAD = re.compile(r'[\x00-\x1f\x7f"\\/:*?<>|]+')


def attachment(name: str) -> str:
    """The value of Content-Disposition for a file to keep under this name, in any script (RFC 6266)."""
    name = _BAD.sub("_", name).strip(" .")[:180] or "file"
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def name_in(header: str) -> str:
    """The file name of a Content-Disposition that was sent, in any of its forms (RFC 2231 too); empty where it has none."""
    message = Message()
    message["content-disposition"] = header.replace("\r", " ").replace("\n", " ")
    return message.get_filename("")
