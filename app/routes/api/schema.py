"""What the API looks like: OpenAPI 3.1 for programs, a page for people. Both come from the handlers and the shapes themselves."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import msgspec
from litestar import Request, get
from litestar.response import Response

from app.access import require_colleague
from app.render import page
from app.routes.api import shapes
from app.routes.api.v1 import API
from app.routes.guard import OPEN

BASE = "/api/v1"
# scope, shape of the body, shape of the answer
FACTS: dict[str, tuple[str, Any, Any]] = {
    "show_me": ("", None, shapes.Person), "list_channels": ("read", None, list[shapes.Channel]),
    "create_channel": ("channels", shapes.NewChannel, shapes.Channel),
    "show_channel": ("read", None, shapes.Channel), "update_channel": ("channels", shapes.ChannelChange, shapes.Channel),
    "create_membership": ("channels", None, shapes.Channel), "delete_membership": ("channels", None, None),
    "list_messages": ("read", None, shapes.Messages), "create_message": ("write", shapes.NewMessage, shapes.Message),
    "show_message": ("read", None, shapes.Message), "update_message": ("write", shapes.NewMessage, shapes.Message), "delete_message": ("write", None, None),
    "create_reaction": ("react", shapes.NewReaction, shapes.Message), "delete_reaction": ("react", None, None),
    "list_members": ("members", None, list[shapes.Person]), "create_members": ("members", shapes.NewMembers, dict[str, int]),
    "list_people": ("members", None, list[shapes.Person]),
}
_NUMBERS = {"before": "integer", "after": "integer", "limit": "integer"}
_QUERY = {"list_messages": ("before", "after", "limit"), "delete_reaction": ("emoji",), "list_people": ("q",)}


@get(f"{BASE}/openapi.json", opt=OPEN, include_in_schema=False)
async def show_schema(request: Request) -> Response[bytes]:
    """The OpenAPI document."""
    return Response(msgspec.json.encode(document()), media_type="application/json", headers={"Cache-Control": "public, max-age=300"})


@get("/manager/api", include_in_schema=False)
async def show_page(request: Request) -> Response[bytes]:
    """The same for people."""
    require_colleague(request.state.viewer)
    base = request.app.state.settings.base_url.rstrip("/") or request.state.origin
    return await page(request, "manager/api.html", endpoints=endpoints(), base=f"{base}{BASE}")


@cache
def endpoints() -> list[dict[str, Any]]:
    """Method, path, what it does, scope and example body of each."""
    return [
        {
            "name": handler.fn.__name__, "method": sorted(handler.http_methods - {"HEAD", "OPTIONS"})[0], "path": re.sub(r":int", "", sorted(handler.paths)[0]),
            "about": (handler.fn.__doc__ or "").strip(), "scope": FACTS[handler.fn.__name__][0], "fields": _fields(FACTS[handler.fn.__name__][1]),
            "query": _QUERY.get(handler.fn.__name__, ()),
        }
        for handler in API
    ]


@cache
def document() -> dict[str, Any]:
    """OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0)."""
    types = list({kind for _scope, sent, given in FACTS.values() for kind in (sent, given) if kind is not None})
    _schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    paths: dict[str, Any] = {}
    for one in endpoints():
        paths.setdefault(f"{BASE}{one['path']}", {})[one["method"].lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Chalet", "version": "1", "description": "Chat for bots. Errors are {\"error\": {\"code\", \"message\"}}."},
        "security": [{"token": []}],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


def _operation(one: dict[str, Any]) -> dict[str, Any]:
    scope, sent, given = FACTS[one["name"]]
    made: dict[str, Any] = {
        "operationId": one["name"], "summary": one["about"], "description": f"Scope: {scope}" if scope else "No scope.",
        "parameters": [
            *({"name": name, "in": "path", "required": True, "schema": {"type": "integer"}} for name in re.findall(r"{(\w+)}", one["path"])),
            *({"name": name, "in": "query", "required": name == "emoji", "schema": {"type": _NUMBERS.get(name, "string")}} for name in one["query"]),
        ],
        "responses": {"default": {"description": "What went wrong."}, **_answers(one["name"], given)},
    }
    if one["method"] != "GET":
        made["parameters"].append({"name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string", "maxLength": 80}})
    if sent is not None:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(sent)}}}
    return made


def _answers(name: str, given: Any) -> dict[str, Any]:
    if given is None:
        return {"204": {"description": "Done."}}
    status = "201" if name in ("create_channel", "create_message") else "200"
    return {status: {"description": "Done.", "content": {"application/json": {"schema": _ref(given)}}}}


def _ref(kind: Any) -> dict[str, Any]:
    (schema,), _components = msgspec.json.schema_components([kind], ref_template="#/components/schemas/{name}")
    return schema


def _fields(kind: Any) -> list[str]:
    return [field.name for field in msgspec.structs.fields(kind)] if kind is not None else []


handlers = [show_schema, show_page]
