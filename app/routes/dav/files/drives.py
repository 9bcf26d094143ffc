"""`/dav/files/`, somebody's own first drive, and `/dav/drives/`, all that they may open."""

from __future__ import annotations

from collections.abc import Sequence

from app.lib.dav.names import d
from app.lib.dav.writing import elements
from app.models.dav import Caller
from app.models.drive import Drive, drives_of, home_drive
from app.models.viewer import Viewer
from app.routes.dav.files.folder import root_of
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
        named = await self._named()
        if name not in named:
            return None
        viewer, drive = named[name]
        return await root_of(self.caller, viewer, drive.root_id, f"{self.href}{name}/")

    async def nodes(self) -> Sequence[Node]:
        found = [await root_of(self.caller, viewer, drive.root_id, f"{self.href}{name}/") for name, (viewer, drive) in (await self._named()).items()]
        return [*(node for node in found if node is not None), SharedWithMe(self.caller, f"{self.href}{SHARED}/")]

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
        viewers = self.caller.using("drive")
        return await root_of(self.caller, viewers[0], (await home_drive(viewers[0])).root_id, self.href) if viewers else None
