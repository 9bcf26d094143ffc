"""Tasks: a simple list, because programs keep them in calendars."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from babel.dates import format_date
from litestar import Request, delete, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app import access
from app.lib.forms import CheckField, Form, TextField
from app.lib.i18n import _, language
from app.lib.locales import territory
from app.lib.quick_add import understand
from app.models.base import Refused
from app.models.calendar import CalendarObject, DraftRefused, tasks
from app.models.viewer import Viewer
from app.render import fragment, is_htmx, nothing, page, redirect, toast
from app.routes.calendar.shown import now_of
from app.routes.calendar.side import side_only


class Task(Form):
    """What is to be done, and by when."""

    title = TextField(most=500)
    due = TextField(most=10, required=False)
    key = TextField(most=80, required=False)

    def check(self) -> None:
        """A day that is one."""
        self.day = None
        if self.values["due"]:
            try:
                self.day = datetime.combine(date.fromisoformat(self.values["due"]), datetime.min.time())
            except ValueError:
                self.refuse("due", _("This isn’t a date."))


class Done(Form):
    """Whether it is done."""

    done = CheckField()


@get("/calendar/tasks", include_in_schema=False)
async def list_tasks(request: Request, done: FromQuery[int] = 0) -> Response[bytes]:
    """What is to be done, what is due first at the top."""
    access.require_member(request.state.viewer, "calendar.use")
    return await _page(request, Task(), with_done=bool(done))


@post("/calendar/tasks", status_code=200, include_in_schema=False)
async def create_task(request: Request) -> Response[bytes]:
    """Add one; words about a day in it are its day."""
    viewer = request.state.viewer
    access.require_member(viewer, "calendar.use")
    form = Task(await request.form())
    if form.is_valid:
        said = understand(form["title"], now_of(viewer).date(), language()) if form.day is None else None
        day = datetime.combine(said.day, datetime.min.time()) if said and said.day and said.title else form.day
        try:
            await tasks.add(viewer, said.title if said and said.day and said.title else form["title"], day, once=form["key"] or None)
            return await _page(request, Task())
        except DraftRefused as refused:
            form.refuse(refused.field, str(refused))
        except Refused as refused:
            form.refuse("title", str(refused))
    return await _page(request, form, status=422)


@post("/calendar/tasks/{task_id:int}", status_code=200, include_in_schema=False)
async def update_task(request: Request, task_id: FromPath[int]) -> Response[bytes]:
    """Say it otherwise, or give it another day."""
    viewer = request.state.viewer
    access.require_member(viewer, "calendar.use")
    await tasks.find(viewer, task_id)
    form = Task(await request.form())
    if not form.is_valid:
        return nothing(200, **toast(next(iter(form.errors.values())), kind="error", tasks={}))
    try:
        command = await tasks.edit(viewer, task_id, form["title"], form.day)
    except Refused as refused:
        return nothing(200, **toast(str(refused), kind="error", tasks={}))
    return nothing(200, **toast(_("Saved."), undo=command.id, tasks={})) if is_htmx(request) else redirect(request, "/calendar/tasks")


@post("/calendar/tasks/{task_id:int}/completion", status_code=200, include_in_schema=False)
async def create_completion(request: Request, task_id: FromPath[int]) -> Response[bytes]:
    """Tick it off, or open it again."""
    viewer = request.state.viewer
    access.require_member(viewer, "calendar.use")
    form = Done(await request.form())
    try:
        command = await tasks.done(viewer, task_id, form["done"])
    except Refused as refused:
        return nothing(200, **toast(str(refused), kind="error", tasks={}))
    return nothing(200, **toast(_("Done.") if form["done"] else _("Open again."), undo=command.id, tasks={}))


@delete("/calendar/tasks/{task_id:int}", status_code=200, include_in_schema=False)
async def delete_task(request: Request, task_id: FromPath[int]) -> Response[bytes]:
    """Take it away."""
    viewer = request.state.viewer
    access.require_member(viewer, "calendar.use")
    try:
        command = await tasks.delete(viewer, task_id)
    except Refused as refused:
        return nothing(200, **toast(str(refused), kind="error", tasks={}))
    return nothing(200, **toast(_("Deleted: %(title)s") % {"title": command.what}, undo=command.id, tasks={}))


async def _page(request: Request, form: Task, *, with_done: bool = False, status: int = 200) -> Response[bytes]:
    viewer: Viewer = request.state.viewer
    rows = [_shown(one, viewer) for one in await tasks.listed(viewer, with_done=with_done)]
    shown: dict[str, Any] = {"tasks": rows, "form": form, "with_done": with_done}
    if request.headers.get("hx-target", "").endswith("#tasks"):
        return fragment(request, "calendar/_tasks.html", status=status, **shown)
    if request.method == "POST" and status == 200:
        return redirect(request, "/calendar/tasks")
    return await page(request, "calendar/tasks.html", status=status, **await side_only(viewer, "tasks"), **shown)


def _shown(one: CalendarObject, viewer: Viewer) -> dict[str, Any]:
    due = datetime.fromtimestamp(one.due_at / 1000, now_of(viewer).tzinfo).date() if one.due_at is not None else None
    today = now_of(viewer).date()
    is_done = one.completed_at is not None or one.status == "COMPLETED"
    words = "" if due is None else _("Today") if due == today else format_date(due, "EEE d MMM", locale=territory(language()))
    return {
        "id": one.id, "title": one.summary or _("(No title)"), "due": due.isoformat() if due else "", "due_words": words, "hue": one.calendar.hue,
        "calendar": one.calendar.name, "is_done": is_done, "is_late": due is not None and due < today and not is_done, "can_edit": one.calendar.can_write,
    }


handlers = [list_tasks, create_task, update_task, create_completion, delete_task]
