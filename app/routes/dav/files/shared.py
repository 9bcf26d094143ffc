"""`/dav/drives/shared-with-me/`: what others let somebody use, by name or by team, beside the drives."""

from __future__ import annotations

from collections.abc import Sequence

from app.lib import file_names
from app.lib.dav.hrefs import quoted
from app.lib.dav.names import d
from app.lib.dav.writing import elements
from app.models.base import NotFound
from app.models.drive import Found, find_node, marks
from app.models.drive.finding import line_of
from app.models.drive.tables import Node as NodeRow
from app.models.viewer import Viewer
from app.routes.dav.files.file import FileNode
from app.routes.dav.files.folder import Folder
from app.routes.dav.nodes import Collection, Node
from app.routes.dav.properties import READ, Properties, fixed, for_everyone

SHARED = "shared-with-me"


class SharedWithMe(Collection):
    """A member for each file and folder, which is changed as its share says but stays where it is."""

    @property
    def properties(self) -> Properties:
        return {
            d("resourcetype"): fixed(elements(d("collection")), in_allprop=True), d("displayname"): fixed(b"Shared with me", in_allprop=True),
            d("supported-report-set"): fixed(b""), **for_everyone(self.caller, self.caller.principal, READ),
        }

    async def find(self, name: str) -> Node | None:
        found = (await self._named()).get(file_names.key_of(name))
        return await self._made(*found) if found else None

    async def nodes(self) -> Sequence[Node]:
        made = [await self._made(*one) for one in (await self._named()).values()]
        return [node for node in made if node is not None]

    async def _named(self) -> dict[str, tuple[str, Viewer, int]]:
        """By the key of its name: name, viewer and id of each; of those that have the same name, the older keeps it, and the others have their id behind it."""
        named: dict[str, tuple[str, Viewer, int]] = {}
        for viewer in self.caller.viewers:
            for row in sorted(await marks.rows_shared_with(viewer), key=lambda row: int(row["id"])):
                stem, suffix = file_names.split(row["name"])
                name = row["name"] if file_names.key_of(row["name"]) not in named else f"{stem}~{row['id']}{suffix}"
                named[file_names.key_of(name)] = (name, viewer, row["id"])
        return named

    async def _made(self, name: str, viewer: Viewer, id_: int) -> Node | None:
        try:
            found = await find_node(viewer, id_)
        except NotFound:
            return None
        line, address = [row["id"] for row in await line_of(id_)], self.href + quoted(name)
        if found.node.is_folder:
            return Folder(self.caller, viewer, found, f"{address}/", line, stays=True)
        above = Found(await NodeRow.get(found.node.parent_id or 0), found.level, found.drive)
        return FileNode(Folder(self.caller, viewer, above, self.href, line[:-1]), found, address, stays=True)
