"""Signing in with a passkey: it counts as both factors, since it was unlocked by finger, face or PIN."""

from __future__ import annotations

from litestar import Request, post
from litestar.response import Response

from app.lib.addresses import local_path
from app.lib.forms import Form, TextField
from app.models.base import Refused
from app.models.credential import Passkey
from app.models.session import Proof
from app.models.sign_in_policy import PASSKEY
from app.routes.entrance import enter, relying_party, status_of
from app.routes.entrance.sign_in import show_problem
from app.routes.guard import OPEN


class PasskeyAnswer(Form):
    """What the browser says, as JSON."""

    credential = TextField(most=20_000)
    next = TextField(most=2000, required=False)


@post("/sign-in/passkey/options", opt=OPEN, status_code=200, include_in_schema=False)
async def pose_question(request: Request) -> Response[str]:
    """The challenge for `navigator.credentials.get`."""
    return Response(await Passkey.question(relying_party(request)), media_type="application/json", headers={"Cache-Control": "no-store"})


@post("/sign-in/passkey", opt=OPEN, status_code=200, include_in_schema=False)
async def create_session(request: Request) -> Response[bytes]:
    """Let in whose passkey answered."""
    form = PasskeyAnswer(await request.form())
    url = local_path(form.raw.get("next", ""))
    try:
        account = await Passkey.sign_in(relying_party(request), form.raw.get("credential", "")[:20_000])
        return await enter(request, account, url, Proof(PASSKEY, 2))
    except Refused as error:
        return await show_problem(request, url, str(error), status_of(error))


handlers = [pose_question, create_session]
