"""Copies of everything of somebody, and accounts whose owners left for good."""

from __future__ import annotations

from app.jobs import GiveUp, context, job
from app.models.chat import my_data as _chat  # noqa: F401 - registers chat's part
from app.models.drive import my_data as _drive  # noqa: F401 - registers Drive’s part
from app.models.farewell import Farewell
from app.models.my_data import DataExport


@job("export_my_data")
async def export_my_data(export_id: int) -> None:
    """Write the zip. One that fails says so; its owner asks again."""
    export = await DataExport.find(export_id)
    if export is None:
        return
    try:
        await export.make(context.settings().data_dir)
    except Exception as error:
        raise GiveUp(str(error)) from error


@job("prune_exports")
async def prune_exports() -> None:
    """Delete the zips whose week is over."""
    await DataExport.prune(context.settings().data_dir)


@job("carry_out_farewells")
async def carry_out_farewells() -> None:
    """Delete the accounts whose owners asked for it a week ago."""
    for farewell in await Farewell.due():
        await farewell.carry_out()
