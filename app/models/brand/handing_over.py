"""Moving between the hosts of a brand without signing in again.

Cookies stay on their host, so a browser that comes to chat.example.org is sent to login.example.org, where it is signed in. From there it
takes a token back, good for once, for half a minute, for that host, and only for the browser that set out: it holds a secret at that
host of which the token's row has the hash. The two sessions are tied together, so that signing out ends both.
"""

from __future__ import annotations

from app import database
from app.lib import clock
from app.lib.ids import new_id
from app.lib.tokens import hash_token, new_token
from app.models.brand.site import HandOver
from app.models.organisation import Membership
from app.models.session import Proof, Session
from app.models.viewer import Viewer

GOOD_FOR = 30 * clock.SECOND


async def hand_over(viewer: Viewer, host: str, challenge: str) -> str:
    """A token with which the browser of this session, which holds the secret whose hash is `challenge`, is signed in at `host`."""
    token = new_token()
    await HandOver.insert_new(
        session_id=viewer.session_id, host=host, token_hash=hash_token(token), challenge=challenge, expires_at=clock.now() + GOOD_FOR
    )
    return token


async def take_over(token: str, secret: str, host: str, org_id: int, address: str, user_agent: str) -> tuple[str, int] | None:
    """Sign the browser in at `host`: the token for its cookie and its seconds. None where it isn't so; the token is used up in any case."""
    async with database.transaction():
        rows = await database.execute("DELETE FROM hand_over WHERE token_hash = $1 RETURNING *", hash_token(token))
        row = rows[0] if rows else None
        if row is None or row["host"] != host or row["expires_at"] <= clock.now() or row["challenge"] != hash_token(secret):
            return None
        origin = await Session.get(row["session_id"])
        membership = await Membership.get(origin.membership_id)
        if membership.org_id != org_id or membership.ended_at is not None or origin.expires_at <= clock.now():
            return None
        proof = Proof(origin.method, origin.factors, origin.provider_id)
        session, made = await Session.begin(membership, 1, proof, host=host, address=address, user_agent=user_agent)
        await session.change(created_at=origin.created_at, expires_at=origin.expires_at, confirmed_at=origin.confirmed_at)
        await _tie(origin.id, session.id)
    return made, (origin.expires_at - clock.now()) // clock.SECOND


async def prune_hand_overs() -> None:
    """Forget tokens that were never used."""
    await database.execute("DELETE FROM hand_over WHERE expires_at < $1", clock.now())


async def _tie(first: int, second: int) -> None:
    journey = await database.fetch_value("SELECT journey FROM session_tie WHERE session_id = $1", first)
    if journey is None:
        journey = first
        await database.execute("INSERT INTO session_tie (id, session_id, journey) VALUES ($1, $2, $3)", new_id(), first, journey)
    await database.execute("INSERT INTO session_tie (id, session_id, journey) VALUES ($1, $2, $3)", new_id(), second, journey)
