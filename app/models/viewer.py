"""The person behind a request, in the organisation they are looking at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from app import database, live
from app.lib import clock
from app.lib.tokens import hash_token
from app.models.sign_in_policy import SignInPolicy

_SELECT = """
SELECT s.id AS session_id, CASE WHEN m.ends_at < s.expires_at THEN m.ends_at ELSE s.expires_at END AS expires_at, s.seen_at,
       a.id AS account_id, a.email, a.given_name, a.family_name, a.avatar, a.locale, a.timezone, a.week_start, a.theme,
       m.id AS membership_id, m.role, o.id AS org_id, o.name AS org_name,
       s.created_at AS begun_at, s.factors, m.created_at AS member_since,
       EXISTS (SELECT 1 FROM one_time_secret t WHERE t.account_id = a.id AND t.confirmed_at IS NOT NULL) AS has_codes
  FROM session s
  JOIN account a ON a.id = s.account_id
  JOIN membership m ON m.id = s.membership_id
  JOIN organisation o ON o.id = m.org_id
 WHERE s.token_hash = $1 AND a.disabled_at IS NULL AND m.ended_at IS NULL
"""
_EVERYWHERE = """
SELECT 0 AS session_id, COALESCE(m.ends_at, 9007199254740991) AS expires_at, CAST($2 AS BIGINT) AS seen_at,
       a.id AS account_id, a.email, a.given_name, a.family_name, a.avatar, a.locale, a.timezone, a.week_start, a.theme,
       m.id AS membership_id, m.role, o.id AS org_id, o.name AS org_name
  FROM membership m
  JOIN account a ON a.id = m.account_id
  JOIN organisation o ON o.id = m.org_id
 WHERE m.account_id = $1 AND a.disabled_at IS NULL AND m.ended_at IS NULL AND (m.ends_at IS NULL OR m.ends_at > CAST($2 AS BIGINT))
 ORDER BY m.id
"""
_PLACES = """
SELECT m.id, o.name FROM membership m JOIN organisation o ON o.id = m.org_id WHERE m.account_id = $1 AND m.ended_at IS NULL ORDER BY o.name, m.id
"""
_RIGHTS = "SELECT product, level FROM product_right WHERE membership_id = $1"
_KEEP = 10 * clock.SECOND  # how stale a viewer may be where news from another process is lost
_MOST = 20_000

_cache: dict[str, tuple[int, Viewer]] = {}


class Place(NamedTuple):
    """An organisation that somebody belongs to, by their membership."""

    membership_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is asking. Made from the session's token once, then remembered until something about it changes."""

    session_id: int
    account_id: int
    membership_id: int
    org_id: int
    org_name: str
    role: str
    email: str
    given_name: str
    family_name: str
    avatar: str
    locale: str
    timezone: str
    week_start: int | None
    theme: str
    rights: frozenset[str]
    organisations: tuple[Place, ...]
    expires_at: int
    seen_at: int
    two_factors_due: int | None = None  # from when on they may do nothing before they have set up a second factor; None: they have one, or needn't

    @property
    def name(self) -> str:
        """Given and family name."""
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def is_external(self) -> bool:
        """Whether they are a guest of the organisation."""
        return self.role == "external"

    @property
    def is_admin(self) -> bool:
        """Whether they administer the organisation (MGR-01, MGR-02)."""
        return self.role in ("legal", "admin")

    @property
    def is_held(self) -> bool:
        """Whether they have to set up a second factor first."""
        return self.two_factors_due is not None and self.two_factors_due <= clock.now()

    def can_use(self, product: str) -> bool:
        """Whether they may open a product."""
        return f"{product}.use" in self.rights

    def can_manage(self, product: str) -> bool:
        """Whether they may administer a product."""
        return f"{product}.manage" in self.rights

    @classmethod
    async def by_token(cls, token: str) -> Viewer | None:
        """Who holds this session token, or None when it is unknown, expired, or its account or membership has ended."""
        key, now = hash_token(token), clock.now()
        kept = _cache.get(key)
        if kept is None or kept[0] < now:
            viewer = await cls._read(key)
            if viewer is None:
                _cache.pop(key, None)
                return None
            if len(_cache) >= _MOST:
                _cache.clear()
            kept = _cache[key] = (now + _KEEP, viewer)
        return kept[1] if kept[1].expires_at > now else None

    @classmethod
    async def renewed(cls, viewer: Self) -> Self | None:
        """The viewer of the same session as it is now; None when it has ended or is held. For sockets, which stay open for long."""
        token_hash = await database.fetch_value("SELECT token_hash FROM session WHERE id = $1", viewer.session_id)
        fresh = await cls._read(token_hash) if token_hash else None
        return fresh if fresh is not None and fresh.expires_at > clock.now() and not fresh.is_held else None

    @classmethod
    async def of_account(cls, account_id: int) -> tuple[Self, ...]:
        """Somebody in each of their organisations, for programs, which sign in without a session."""
        rows = await database.fetch(_EVERYWHERE, account_id, clock.now())
        places = tuple(Place(row["membership_id"], row["org_name"]) for row in rows)
        return tuple([cls(rights=await _rights(row["membership_id"]), organisations=places, **row) for row in rows])

    @classmethod
    async def _read(cls, token_hash: str) -> Self | None:
        row = await database.fetch_one(_SELECT, token_hash)
        if row is None:
            return None
        rights = await _rights(row["membership_id"])
        _apply(await SignInPolicy.of(row["org_id"]), row)
        places = tuple(Place(place["id"], place["name"]) for place in await database.fetch(_PLACES, row["account_id"]))
        return cls(rights=rights, organisations=places, **row)

    @staticmethod
    def clear_cache() -> None:
        """Drop what is remembered in this process."""
        _cache.clear()

    @staticmethod
    def forget() -> None:
        """Drop what is remembered, here and in the other processes, once the change is committed."""
        database.on_commit(lambda: live.broadcast_internal("viewers", None))


async def _rights(membership_id: int) -> frozenset[str]:
    return frozenset(f"{right['product']}.{right['level']}" for right in await database.fetch(_RIGHTS, membership_id))


def _apply(policy: SignInPolicy, row: dict[str, Any]) -> None:
    """Let the rules of the organisation that is looked at decide how long the session lasts and what it lacks."""
    begun_at, member_since = row.pop("begun_at"), row.pop("member_since")
    is_enough = row.pop("has_codes") or row["factors"] > 1
    del row["factors"]
    row["expires_at"] = min(row["expires_at"], policy.session_end(begun_at, row["seen_at"]))
    row["two_factors_due"] = None if is_enough else policy.two_factors_due(row["role"], member_since)


@live.on_internal("viewers")
@live.on_internal("live.lost")
def _drop(_: Any) -> None:
    Viewer.clear_cache()


live.renewal(Viewer.renewed)
