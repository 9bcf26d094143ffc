"""What other tabs are told about contacts: only that there is something new."""

from __future__ import annotations

from collections.abc import Collection

from app import live
from app.models.announcements import announced

MOST = 100


@announced("contacts.changed")
def _contacts(_org_id: int, book_id: int, contact_ids: Collection[int]) -> None:
    live.publish(f"book:{book_id}", "changed", data={"contacts": list(contact_ids)[:MOST]})


@announced("books.changed")
def _books(account_ids: Collection[int]) -> None:
    for account_id in dict.fromkeys(account_ids):
        live.publish(f"account:{account_id}", "books")


@announced("book.cut")
def _cut(book_id: int) -> None:
    """Whoever may not read a book any more hears no more of it."""
    live.recheck_topic(f"book:{book_id}")


@announced("contacts.imported")
def _imported(account_id: int, import_id: int) -> None:
    live.publish(f"account:{account_id}", "contacts.imported", data={"import": import_id})


@announced("members.changed")
def _members(org_id: int, _account_ids: Collection[int] = ()) -> None:
    """Whoever looks at the directory sees who came, left or does something else now; `members:` is for administrators."""
    live.publish(f"teams:{org_id}", "changed", data={})
