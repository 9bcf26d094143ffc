"""`/dav/files/`, somebody's own first drive, and `/dav/drives/`, all that they may open."""

from __future__ import annotations

from collections.abc import Sequence

from app.lib.dav.names import d
from app.lib.dav.writing import elements
from app.models.dav import Caller
from app.models.drive import Drive, drives_of, home_drive
from app.models.viewer import Viewer
from app.routes.dav.files.folder import walk
from app.routes.dav.files.shared import SHARED, SharedWithMe
from app.routes.dav.nodes import Collection, Node
from app.routes.dav.properties import READ, Properties, fixed, for_everyone


class Drives(Collection):
    """`/dav/drives/`: a member for each drive, in all organisations, and one for what is shared."""

    def __init__(self, caller: Caller) -> None:
        super().__init__(caller, "/dav/drives/")

    @property
    def properties(self) -> Properties:
        return {
            d("resourcetype"): fixed(elements(d("collection")), in_allprop=True), d("displayname"): fixed(b"Drives", in_allprop=True),
            d("supported-report-set"): fixed(b""), **for_everyone(self.caller, self.caller.principal, READ),
        }

    async def find(self, name: str) -> Node | None:
        if name == SHARED:
            return SharedWithMe(self.caller, f"{self.href}{SHARED}/")
        return (await self.along([name]))[1]

    async def along(self, names: Sequence[str]) -> tuple[Node | None, Node | None]:
        if not names or names[0] == SHARED:
            return await super().along(names)
        viewer, drive = (await self._named()).get(names[0], (None, None))
        if viewer is None or drive is None:
            return self, None
        parent, node = await walk(self.caller, viewer, drive, f"{self.href}{names[0]}/", names[1:])
        return parent if len(names) > 1 else self, node

    async def nodes(self) -> Sequence[Node]:
        found = [await walk(self.caller, viewer, drive, f"{self.href}{name}/", ()) for name, (viewer, drive) in (await self._named()).items()]
        return [*(node for _parent, node in found if node is not None), SharedWithMe(self.caller, f"{self.href}{SHARED}/")]

    async def _named(self) -> dict[str, tuple[Viewer, Drive]]:
        """Drives by the segment of their address: the slug, with the drive's id behind it where another has the same."""
        named: dict[str, tuple[Viewer, Drive]] = {}
        for viewer in self.caller.using("drive"):
            for drive in await drives_of(viewer):
                named[drive.slug if drive.slug not in named and drive.slug != SHARED else f"{drive.slug}~{drive.id}"] = (viewer, drive)
        return named


class MyFiles(Collection):
    """Stands for the root of somebody's first drive until it is looked at: `trees.look` asks it for the real one."""

    def __init__(self, caller: Caller) -> None:
        super().__init__(caller, "/dav/files/")

    async def real(self) -> Node | None:
        return (await self.along(()))[1]

    async def along(self, names: Sequence[str]) -> tuple[Node | None, Node | None]:
        viewers = self.caller.using("drive")
        return await walk(self.caller, viewers[0], await home_drive(viewers[0]), self.href, names) if viewers else (None, None)
