"""Names of files that a browser keeps."""

from __future__ import annotations

import re
from contextlib import suppress
from email.message import Message
from urllib.parse import quote

_BAD = re.compile(r'[\x00-\x1f\x7f"\\/:*?<>|]+')


def attachment(name: str) -> str:
    """The value of Content-Disposition for a file to keep under this name, in any script (RFC 6266)."""
    name = _BAD.sub("_", name).strip(" .")[:180] or "file"
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def name_in(header: str) -> str:
    """The file name of a Content-Disposition that was sent, read as Latin-1, in any of its forms (RFC 2231 too, and UTF-8 as it is, which many
    send); empty where it has none, or none that can be read."""
    with suppress(UnicodeError):
        header = header.encode("latin-1").decode()
    message = Message()
    message["content-disposition"] = header.replace("\r", " ").replace("\n", " ")
    try:
        return message.get_filename("")
    except UnicodeError:  # of a charset that decodes nothing
        return ""
