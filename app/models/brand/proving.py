"""Whose a domain is: who can write its records has it.

- Choosing a domain keeps it from nobody: several organisations may wait for it, each with a proof of its own, and whose records are right has it.
- It stays theirs as long as the proof stands, whoever else puts a proof beside it.
- When the name servers say that the proof is gone (silence and errors say nothing), the owner is told, and everything works on for `KEPT_FOR`.
  Then the addresses are let go, and wait for the proof again.
- From the moment at which the proof is gone, another organisation that proves the domain gets it at once.
"""

from __future__ import annotations

from typing import Any

from app import database, live
from app.lib import clock
from app.lib.dns import MISSING, OK, WRONG, Finding, Resolver, Wanted
from app.models import audit
from app.models.announcements import announce
from app.models.brand import addresses
from app.models.brand.site import WAITING, BrandSite
from app.models.job import Job

KEPT_FOR = 7 * clock.DAY
TAKEN = "taken"  # the state of a proof beside which another organisation's stands


def proof_of(site: BrandSite) -> Wanted:
    """The record that proves a domain."""
    return Wanted(f"{addresses.PROOF}.{site.domain}", "TXT", (f"chalet-verify={site.proof_token}",))


def near(domain: str) -> tuple[str, ...]:
    """A domain, and those whose addresses would be the same as its own: chat.example.org beside example.org."""
    label, _sep, parent = domain.partition(".")
    return (domain, *addresses.hosts_of(domain), *([parent] if label in addresses.LABELS and "." in parent else []))


async def others_with(org_id: int, domain: str) -> list[BrandSite]:
    """The proven domains of other organisations that are the same or near."""
    names = near(domain)
    marks = ", ".join(f"${number}" for number in range(2, 2 + len(names)))
    rows = await database.fetch(
        f"SELECT * FROM brand_site WHERE org_id <> $1 AND domain IN ({marks}) AND withdrawn_at IS NULL AND verified_at IS NOT NULL", org_id, *names
    )
    return [BrandSite.from_row(row) for row in rows]


async def any_stands(others: list[BrandSite], resolver: Resolver) -> bool:
    """Whether one of their proofs stands, or may stand because nobody answered."""
    return any(not is_gone(one) for one in await resolver.check([proof_of(other) for other in others]))


def is_gone(proof: Finding) -> bool:
    """Whether the name servers said that a proof isn't there."""
    return proof.state in (MISSING, WRONG)


async def note_proof(site: BrandSite, proof: Finding) -> None:
    """Keep since when a proven domain lacks its proof. After too long it is let go; in a transaction."""
    if site.verified_at is None:
        return
    if proof.state == OK and site.proof_lost_at is not None:
        await site.change(proof_lost_at=None)
    if not is_gone(proof):
        return
    if site.proof_lost_at is None:
        await site.change(proof_lost_at=clock.now())
        await audit.record("brand.unproven", site.domain, org_id=site.org_id)
        await mail_owner(site, "brand-unproven", until=clock.now() + KEPT_FOR)
    elif site.proof_lost_at < clock.now() - KEPT_FOR:
        await release(site)


async def release(site: BrandSite) -> None:
    """Switch a domain off whose proof is gone: its addresses lead nowhere until it is proven again; in a transaction."""
    await leave(site)
    await site.change(state=WAITING, verified_at=None, disabled_at=None, proof_lost_at=clock.now())
    await audit.record("brand.release", site.domain, org_id=site.org_id)
    await mail_owner(site, "brand-lost", is_moved=False)
    tell(site)


async def give_way(site: BrandSite) -> None:
    """Another organisation has proven this domain, and here the proof is gone: it is theirs; in a transaction."""
    await leave(site)
    await site.change(withdrawn_at=clock.now(), verified_at=None, is_default_for_org=False)
    await audit.record("brand.release", site.domain, org_id=site.org_id)
    await mail_owner(site, "brand-lost", is_moved=True)
    tell(site)


async def leave(site: BrandSite) -> None:
    """Close the sockets of everybody who is on one of the addresses: their pages find out at once."""
    for host in addresses.hosts_of(site.domain):
        for row in await database.fetch("SELECT id FROM session WHERE host = $1", host):
            live.cut_session(row["id"])


async def mail_owner(site: BrandSite, template: str, **facts: Any) -> None:
    """Tell the account owner what happened to a domain."""
    if site.owner_id:
        await Job.enqueue("mail_brand", org_id=site.org_id, site_id=site.id, template=template, **facts)


def tell(site: BrandSite) -> None:
    """Have every process read the hosts anew, and every open page of the section."""
    live.broadcast_internal("hosts", None)
    announce("brand.changed", site.org_id)
