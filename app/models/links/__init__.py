"""Links for anybody who has them (BEY-13): one kind of share for files, drop boxes and whatever else can be given away by an address.

A room says what its links open, and the pages around them (`/s/…`) are one for all:

    link = await make_link(viewer, "drive", node.id, Wanted(mode=VIEW))
    link = await open_link(token)            # NotFound: closed, unknown; `Paused`, `Over` say why it doesn't work now

Pausing keeps the address. `link.py` the rows and what they allow, `visits.py` the log of who came.
"""

from app.models.links.link import (
    COMMENT,
    EDIT,
    MODES,
    UPLOAD,
    VIEW,
    Over,
    Paused,
    PublicLink,
    Wanted,
    change_link,
    close_link,
    close_links_of,
    links_of,
    make_link,
    open_link,
    pause_link,
)
from app.models.links.visits import LinkVisit, count_download, count_received, log_of, note_visit

__all__ = [
    "COMMENT", "EDIT", "MODES", "UPLOAD", "VIEW", "LinkVisit", "Over", "Paused", "PublicLink", "Wanted", "change_link", "close_link", "close_links_of",
    "count_download", "count_received", "links_of", "log_of", "make_link", "note_visit", "open_link", "pause_link",
]
