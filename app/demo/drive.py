"""Alpina's files: a company drive, a launch folder with several versions, Anna's own files, shares, a link, comments."""

from __future__ import annotations

import asyncio
import csv
import io
import random
import zipfile
from typing import Any

from PIL import Image, ImageDraw

from app import database
from app.demo.portraits import draw
from app.lib import blobs, clock, file_names, file_types
from app.lib.ids import new_id
from app.models.account import Account
from app.models.drive.anchors import reanchor
from app.models.drive.drives import make_drive
from app.models.drive.rights import COMMENT, EDIT, VIEW
from app.models.drive.tables import ACCOUNT, EVERYONE, PERSONAL, SHARED, Drive, Node, Version
from app.models.files import Blob, Use, place
from app.models.files.previews import preview_later
from app.models.links import PublicLink
from app.models.links.visits import DOWNLOADED, OPENED, LinkVisit
from app.models.organisation import Organisation

_LAUNCH = """# Launch of the Säntis line

| What | Who | Until |
|---|---|---|
| Photos in the Alpstein | Chiara | 12 March |
| Prices for the shops | Beat | 14 March |
| Press kit | Anna | 20 March |

## Open questions

1. Do the jackets arrive before the 18th?
2. Who brings the banner to the fair in Bern?

> A launch is finished when the shops reorder.
"""
_PROTOCOL = """# Weekly meeting

- Orders are 12 % above last year.
- The new supplier in Porto answers within a day.
- **Decided:** samples go to the three largest shops first.
"""
_HANDBOOK = """# Welcome to Alpina

We make clothes for bad weather. This is how we work.

## Days
Core hours are from 10 to 3. Fridays after lunch belong to the mountain.

## Travelling
Trains, second class. Above 5 hours, first class. Keep the tickets in *Expenses*.

## Expenses
Send them by the 25th; they are paid with the salary.
"""
_TREATMENT = """# What is inside

90 seconds. Mountains at second 50, not before.

1. A table. A pack is being opened by somebody who knows how.
2. The back panel, from inside. 412 stitches, counted aloud.
3. The repair desk. Nobody says “customer”, everybody says the customer’s *name*.
4. Grindelwald, wind, no snow. We like wind.

Music: a hum by the team. The lettering at the end stands for two seconds.
"""
_CALL_SHEET = """# Film day

| When | Who | Where | Shoes |
|---|---|---|---|
| 07:00 | Jonas | Bus, Appenzell | 46 |
| 07:00 | Katja | Bus, Appenzell | 39 |
| 11:30 | All | Soup, Grindelwald First | |
"""
_COLOURS = """# Colours 2027

| Name | For |
|---|---|
| Dusk | Type and logo, instead of black |
| Ice | Jackets, backgrounds |
| Moss | Labels |
"""
_SCRIPT = '''"""Sums the orders of a season."""

import csv
from pathlib import Path


def total(path: Path) -> float:
    """The value of all orders in a file, in francs."""
    with path.open() as file:
        return sum(float(row["price"]) * int(row["pieces"]) for row in csv.DictReader(file))
'''


_VISITS = (
    ("192.0.2.14", OPENED, "Press kit", 4.2), ("192.0.2.14", DOWNLOADED, "Alpina press release.pdf", 4.19), ("198.51.100.7", OPENED, "Press kit", 2.1),
    ("198.51.100.7", DOWNLOADED, "Press kit.zip", 2.08), ("203.0.113.90", OPENED, "Logo.png", 0.7),
)  # the latest of those who came for the press kit: addresses of RFC 5737


class _Shelf:
    """Puts files and folders where they belong, as somebody, so long ago."""

    def __init__(self, drive: Drive, by: Account) -> None:
        self.drive, self.by = drive, by

    async def folder(self, parent_id: int, name: str, days: float) -> Node:
        return await self._node(parent_id, name, 0, days)

    async def file(self, parent_id: int, name: str, content: bytes, days: float, *earlier: tuple[bytes, float]) -> Node:
        node = await self._node(parent_id, name, 1, earlier[0][1] if earlier else days)
        for number, (body, ago) in enumerate([*earlier, (content, days)], 1):
            await self._version(node, number, body, ago)
        return node

    async def _node(self, parent_id: int, name: str, is_file: int, days: float) -> Node:
        at, root = _ago(days), await Node.get(self.drive.root_id)
        node = Node(
            id=new_id(), org_id=self.drive.org_id, drive_id=self.drive.id, parent_id=parent_id, is_file=is_file, created_by=self.by.id, created_at=at,
            modified_at=at, changed_by=self.by.id, changed_at=at, anchor_id=root.anchor_id, name=name, name_key=file_names.key_of(name),
            sort_key=file_names.sort_key(name), media_type=file_types.media_type(name) if is_file else "",
        )
        await Node.insert(node).run()
        node._exists_in_db = True
        await _event(node, self.by, "uploaded" if is_file else "created", at)
        return node

    async def _version(self, node: Node, number: int, body: bytes, days: float) -> None:
        blob, at = await _kept(body), _ago(days)
        version = await Version.insert_new(
            node_id=node.id, number=number, blob_id=blob.id, size=blob.size, created_by=self.by.id, created_at=at, modified_at=at
        )
        await blob.keep_for(Use("drive", version.id, node.org_id, self.drive.owner_id if self.drive.kind == PERSONAL else None))
        await node.change(version_id=version.id, blob_id=blob.id, size=blob.size, modified_at=at, changed_at=at)
        await preview_later(blob, node.name, node.org_id)
        if number > 1:
            await _event(node, self.by, "edited", at)


async def fill(alpina: Organisation, cast: dict[str, Account]) -> None:
    """A drive of the organisation, Anna's files, and Beat's."""
    company = await make_drive(None, alpina.id, SHARED, None, "Company", "company")
    await _grant(company.root_id, alpina, cast["anna"], EVERYONE, 0, EDIT)
    await _company(_Shelf(company, cast["anna"]), alpina, cast)
    own = await make_drive(None, alpina.id, PERSONAL, cast["anna"].id, "", "files")
    await _own(_Shelf(own, cast["anna"]), alpina, cast)
    beats = await make_drive(None, alpina.id, PERSONAL, cast["beat"].id, "", "files")
    shelf = _Shelf(beats, cast["beat"])
    prices = await shelf.file(beats.root_id, "Price list 2027.csv", _prices(3), 2)
    await _grant(prices.id, alpina, cast["beat"], ACCOUNT, cast["anna"].id, EDIT)
    await reanchor(prices)


async def _opened(by: Account, *nodes: Node) -> None:
    for number, node in enumerate(nodes):
        await database.execute("INSERT INTO node_visit (id, account_id, node_id, at) VALUES ($1, $2, $3, $4)", new_id(), by.id, node.id, _ago(0.1 + number))


async def _company(shelf: _Shelf, alpina: Organisation, cast: dict[str, Account]) -> None:
    root = shelf.drive.root_id
    launch = await shelf.folder(root, "Launch Säntis", 40)
    plan = await shelf.file(launch.id, "Launch plan.md", _LAUNCH.encode(), 1, (_LAUNCH[:220].encode(), 12), (_LAUNCH[:330].encode(), 5))
    orders = await shelf.file(launch.id, "Orders.csv", _prices(7), 3)
    pictures = await shelf.folder(launch.id, "Pictures", 20)
    for number, name in enumerate(("Alpstein at dawn", "Ebenalp", "Säntis from the lake", "Seealpsee", "Tent in the snow", "Rope team"), 30):
        await shelf.file(pictures.id, f"{name}.png", await asyncio.to_thread(draw, number), 20 - number / 10)
    invitation = await shelf.file(launch.id, "Invitation.pdf", await asyncio.to_thread(_pdf, "Alpina", "You are invited to the launch of our new line"), 8)
    await shelf.file(root, "Handbook.md", _HANDBOOK.encode(), 60)
    minutes = await shelf.folder(root, "Minutes", 90)
    for week in range(1, 9):
        await shelf.file(minutes.id, f"Week {week}.md", _PROTOCOL.encode() + f"\nWeek {week}.\n".encode(), 60 - week * 7)
    templates = await shelf.folder(root, "Templates", 120)
    await shelf.file(templates.id, "Letter.docx", _docx("Alpina AG, Bahnhofstrasse 4, 9050 Appenzell", "Dear Sir or Madam,"), 120)
    await shelf.file(templates.id, "season_total.py", _SCRIPT.encode(), 30)
    await _with_the_agency(shelf, alpina, cast)
    await _opened(cast["anna"], plan, invitation, orders)
    await _opened(cast["beat"], orders, plan)
    await _said(plan, cast["chiara"], "The photos are done, 214 of them. @Anna Alder, which ones for the press kit?", 0.6)
    await _said(plan, cast["anna"], "The dawn ones, please. And no ropes on the cover.", 0.4)


async def _with_the_agency(shelf: _Shelf, alpina: Organisation, cast: dict[str, Account]) -> None:
    """What Mira of the agency, a guest, may see and change."""
    film = await shelf.folder(shelf.drive.root_id, "Film with Agency Nord", 34)
    await shelf.file(film.id, "Treatment.md", _TREATMENT.encode(), 26, (_TREATMENT[:180].encode(), 33))
    await shelf.file(film.id, "Call sheet.md", _CALL_SHEET.encode(), 22)
    brand = await shelf.folder(shelf.drive.root_id, "brand-2027", 32)
    await shelf.file(brand.id, "Logo.png", await asyncio.to_thread(draw, 5), 31)
    await shelf.file(brand.id, "Colours.md", _COLOURS.encode(), 31)
    for node, level in ((film, EDIT), (brand, VIEW)):
        await _grant(node.id, alpina, cast["anna"], ACCOUNT, cast["mira"].id, level)
        await reanchor(node)


async def _own(shelf: _Shelf, alpina: Organisation, cast: dict[str, Account]) -> None:
    root = shelf.drive.root_id
    await shelf.file(root, "Notes.md", b"# Notes\n\n- Call the printer\n- Ask David about the booth\n", 0.2)
    budget = await shelf.folder(root, "Budget", 30)
    await shelf.file(budget.id, "Budget 2027.csv", _prices(11), 4)
    await _grant(budget.id, alpina, cast["anna"], ACCOUNT, cast["beat"].id, COMMENT)
    await reanchor(budget)
    press = await shelf.folder(root, "Press kit", 10)
    await shelf.file(press.id, "Alpina press release.pdf", await asyncio.to_thread(_pdf, "Press release", "Alpina shows its new line for bad weather"), 6)
    await shelf.file(press.id, "Logo.png", await asyncio.to_thread(draw, 5), 9)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("press/text.md", _LAUNCH)
        archive.writestr("press/orders.csv", _prices(2))
    await shelf.file(press.id, "Everything.zip", packed.getvalue(), 6)
    link: dict[str, Any] = {"org_id": alpina.id, "kind": "drive", "created_by": cast["anna"].id, "created_at": _ago(5)}
    message = "Free to use with “Photo: Alpina”."
    by_press = await PublicLink.insert_new(subject_id=press.id, token="alpina-press-kit-demo", name="Press", visits=3, downloads=2, message=message, **link)
    for address, kind, what, days in _VISITS:
        await LinkVisit.insert_new(link_id=by_press.id, kind=kind, address=address, what=what, at=_ago(days))
    inbox = await shelf.folder(root, "Photos from the fair", 3)
    await PublicLink.insert_new(subject_id=inbox.id, token="alpina-drop-box-demo", mode="upload", name="Drop box of the fair", quota=2_000_000_000, **link)


async def _kept(body: bytes) -> Blob:
    """The demo is one transaction, so rows and bytes come together."""
    draft = blobs.store().begin()
    await draft.write(body)
    await draft.finish()
    return await place(draft)


async def _grant(node_id: int, alpina: Organisation, by: Account, kind: str, principal_id: int, level: int) -> None:
    await database.execute(
        "INSERT INTO node_grant (id, org_id, node_id, kind, principal_id, level, granted_by, granted_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        new_id(), alpina.id, node_id, kind, principal_id, level, by.id, _ago(9),
    )


async def _event(node: Node, by: Account, kind: str, at: int) -> None:
    await database.execute(
        "INSERT INTO node_event (id, org_id, drive_id, node_id, actor_id, by_name, kind, parent_id, name, is_there, facts, at)"
        " VALUES ($1, $2, $3, $4, $5, '', $6, $7, $8, 1, '{}', $9)", new_id(), node.org_id, node.drive_id, node.id, by.id, kind, node.parent_id, node.name, at,
    )


async def _said(node: Node, by: Account, text: str, days: float) -> None:
    await database.execute(
        "INSERT INTO node_comment (id, org_id, node_id, author_id, by_name, text, created_at) VALUES ($1, $2, $3, $4, '', $5, $6)",
        new_id(), node.org_id, node.id, by.id, text, _ago(days),
    )


def _ago(days: float) -> int:
    return clock.now() - int(days * clock.DAY)


def _prices(seed: int) -> bytes:
    chance, text = random.Random(seed), io.StringIO()
    table = csv.writer(text)
    table.writerow(["item", "colour", "pieces", "price"])
    for item in ("Jacket Säntis", "Jacket Ebenalp", "Trousers Altmann", "Gloves Kronberg", "Hat Meglisalp", "Rucksack 28 l", "Tent for two"):
        for colour in ("night blue", "moss", "rust"):
            table.writerow([item, colour, chance.randrange(20, 400), f"{chance.randrange(3900, 52900, 500) / 100:.2f}"])
    return text.getvalue().encode()


def _pdf(title: str, line: str) -> bytes:
    sheet = Image.new("RGB", (1240, 1754), (255, 255, 255))
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((0, 0, 1240, 300), fill=(38, 84, 124))
    pen.text((100, 110), title, fill=(255, 255, 255), font_size=84)
    pen.text((100, 420), line, fill=(30, 36, 48), font_size=44)
    for row in range(12):
        pen.rectangle((100, 560 + row * 64, 1140 - (row % 3) * 120, 574 + row * 64), fill=(222, 226, 234))
    content = io.BytesIO()
    sheet.save(content, "PDF", resolution=150)
    return content.getvalue()


def _docx(*lines: str) -> bytes:
    content = io.BytesIO()
    words = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in lines)
    kind = "http://schemas.openxmlformats.org"
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", f'<?xml version="1.0"?><Types xmlns="{kind}/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>')  # noqa: E501
        archive.writestr("_rels/.rels", f'<?xml version="1.0"?><Relationships xmlns="{kind}/package/2006/relationships"><Relationship Id="r1" Type="{kind}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>')  # noqa: E501
        head = f'<?xml version="1.0"?><w:document xmlns:w="{kind}/wordprocessingml/2006/main">'
        archive.writestr("word/document.xml", f"{head}<w:body>{words}</w:body></w:document>")
    return content.getvalue()


