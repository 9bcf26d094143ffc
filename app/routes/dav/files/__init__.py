"""WebDAV (RFC 4918 class 1 and 2) on the tables of Drive: `/dav/files/` is somebody's own first drive, `/dav/drives/NAME/` every drive that
they may open, with what others share with them in `/dav/drives/shared-with-me/`. `drives.py` and `shared.py` the roots, `folder.py` and
`file.py` what is in them, `described.py` their properties."""

from __future__ import annotations

from app.routes.dav import trees
from app.routes.dav.files.drives import Drives, MyFiles

trees.register(trees.Tree("files", MyFiles, ("2",)))
trees.register(trees.Tree("drives", Drives, ("2",)))
