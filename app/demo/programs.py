"""What Alpina made of its channels: headers, a channel of last year, programs that write and listen, a reminder of every week."""

from __future__ import annotations

from app import database
from app.demo.calendar import Calendar
from app.lib import clock, markdown
from app.lib.tokens import hash_token, new_token
from app.models.account import Account
from app.models.chat.channel import PUBLIC, Channel
from app.models.chat.integrations.integration import speaker_of
from app.models.chat.integrations.tables import Integration, IntegrationDelivery
from app.models.chat.reminders import ChatReminder
from app.models.organisation import Organisation

HEADERS = {
    "launch-2027": "**First Tuesday in March** · [Plan](https://alpina.example/plan) · [Press kit](https://alpina.example/press)",
    "support": "Urgent: +41 81 555 01 23 · [Known faults](https://alpina.example/faults)",
}
TITLES = {"launch-2027": "Launch 2027", "web-shop": "Web shop"}


async def fill(alpina: Organisation, cast: dict[str, Account], days: Calendar) -> None:
    """Nothing of it calls anybody: what would is switched off."""
    for name, header in HEADERS.items():
        await database.execute(
            "UPDATE channel SET header = $1, header_html = $2 WHERE org_id = $3 AND name = $4", header, markdown.render(header).html, alpina.id, name
        )
    for name, title in TITLES.items():
        await database.execute("UPDATE channel SET display_name = $1 WHERE org_id = $2 AND name = $3", title, alpina.id, name)
    begun = days.at(60, 9, 0)
    past = await Channel.insert_new(
        org_id=alpina.id, kind=PUBLIC, name="winter-2025", description="The last collection; closed, but worth reading", created_by=cast["beat"].id,
        created_at=begun, archived_at=days.at(20, 17, 30), archived_by=cast["beat"].id,
    )
    await past.take_in([cast[name].id for name in ("anna", "beat", "chiara", "jonas")])
    await _programs(alpina, cast, days)
    await ChatReminder.insert_new(
        org_id=alpina.id, account_id=cast["anna"].id, created_by=cast["anna"].id, text="read the numbers of the week", due_at=clock.now() + 3 * clock.DAY,
        rule="FREQ=WEEKLY", timezone=alpina.timezone, created_at=begun,
    )


async def _programs(alpina: Organisation, cast: dict[str, Account], days: Calendar) -> None:
    channels = {row["name"]: row["id"] for row in await database.fetch("SELECT id, name FROM channel WHERE org_id = $1 AND kind <> 'direct'", alpina.id)}
    token = new_token()
    shop = await _program(alpina, cast, days, "incoming", "Web shop", channel_id=channels["web-shop"], token_hash=hash_token(token), token_hint=token[-4:])
    await _program(
        alpina, cast, days, "outgoing", "Tickets", channel_id=channels["support"], word="ticket", url="https://tickets.example.org/hook",
        disabled_at=days.at(3, 8, 0),
    )
    await _program(
        alpina, cast, days, "command", "Stock", word="stock", url="https://stock.example.org/", description="How many there are in the warehouse",
        disabled_at=days.at(3, 8, 0),
    )
    for n, said in enumerate(("Order 2041: 2 × Firn jacket, Dusk", "Order 2042: Pass 40, paid", "Order 2043: repair kit")):
        await IntegrationDelivery.insert_new(integration_id=shop.id, direction="in", status=200, said=said, created_at=days.at(1, 10 + n, 12))
    await shop.change(used_at=days.at(1, 12, 12))


async def _program(alpina: Organisation, cast: dict[str, Account], days: Calendar, kind: str, name: str, **facts: object) -> Integration:
    speaker = await speaker_of(alpina.id, name, uses_chat=False)
    return await Integration.insert_new(
        org_id=alpina.id, account_id=speaker.id, kind=kind, name=name, created_by=cast["david"].id, created_at=days.at(30, 14, 0), **facts
    )
