"""Where programs outside write to: incoming webhooks, and later answers to commands. The token in the address is what lets them in."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import msgspec
from litestar import Request, post
from litestar.params import FromPath
from litestar.response import Response

from app.models.chat.integrations import outside_commands
from app.models.chat.integrations.incoming import Rejected, take
from app.routes.guard import OPEN


@post("/hooks/{token:str}", status_code=200, opt=OPEN, include_in_schema=False)
async def create_message(request: Request, token: FromPath[str]) -> Response[bytes]:
    """A message from a program: Slack's payload as JSON, or as the form field `payload`. Answers `ok`, or Slack's word for what is wrong."""
    try:
        await take(token, await _payload(request))
    except Rejected as rejected:
        return _said(rejected.word, rejected.status)
    return _said("ok", 200)


@post("/hooks/answers/{token:str}", status_code=200, opt=OPEN, include_in_schema=False)
async def create_answer(request: Request, token: FromPath[str]) -> Response[bytes]:
    """A later answer to a command, at its `response_url`."""
    try:
        await outside_commands.respond(token, await _payload(request))
    except Rejected as rejected:
        return _said(rejected.word, rejected.status)
    return _said("ok", 200)


async def _payload(request: Request) -> dict[str, Any]:
    body = await request.body()
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        body = "".join(parse_qs(body.decode("utf-8", "replace")).get("payload", [])[:1]).encode()
    try:
        payload = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        raise Rejected(400, "invalid_payload") from None
    if not isinstance(payload, dict):
        raise Rejected(400, "invalid_payload")
    return payload


def _said(word: str, status: int) -> Response[bytes]:
    again = {"Retry-After": "5"} if status == 429 else {}
    return Response(word.encode(), status_code=status, media_type="text/plain", headers={"Cache-Control": "no-store", **again})


handlers = [create_message, create_answer]
