"""The search: who finds what, in which form of the words, after which change."""

from __future__ import annotations

import pytest

from app import database
from app.jobs.runner import drain
from app.lib import clock
from app.lib.searching import parse
from app.models.member import end_membership
from app.models.search import Hit, Indexed, SearchEntry, agreement, reindex, scopes_of, search, texts_of, visible_scopes
from app.models.search_people import PERSON, index_person
from tests.people import People, Person

NOON = 1_790_000_000_000
LAUNCH, SECRET = 501, 502
MANY = range(1_000, 1_200)
notes: list[Indexed] = []


@scopes_of("note")
async def _scopes(viewer) -> list[int]:
    return [] if viewer.is_external else [LAUNCH, SECRET, *MANY] if viewer.is_admin else [LAUNCH]


@texts_of("note", "WITH RECURSIVE n (id) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT id + 1 FROM n WHERE id < 299) SELECT id FROM n")
async def _texts():
    for note in notes:
        yield note


async def write(person: Person, id_: int, text: str, scope: int = LAUNCH, at: int = NOON, title: str = "") -> None:
    await SearchEntry.put("note", id_, person.viewer.org_id, scope, title, text, at, author_id=person.id)


async def find(person: Person, text, **options) -> list[int]:
    return [hit.id for hit in await hits(person, text, **options)]


async def hits(person: Person, text, **options) -> list[Hit]:
    visible = await visible_scopes(person.viewer, options.get("kinds", ["note"]))
    return await search(visible, person.viewer.org_id, text, **options)


async def test_creme_finds_crème(people: People) -> None:
    await write(people.anna, 1, "Die Crème brûlée in der Hauptstraße")
    for typed in ("creme", "CRÈME", "brul", "hauptstrasse", "crème hauptstraße", '"creme brulee"', "cre\u0300me"):
        assert await find(people.anna, typed) == [1], typed
    for typed in ("remem", "brulee creme x", '"brulee creme"', "creme -haupt", "eme"):
        assert await find(people.anna, typed) in ([], [1] if typed == "creme -haupt" else []), typed
    assert await find(people.anna, "creme -hauptstrasse") == []


async def test_a_phrase_doesn_t_reach_from_title_into_text(people: People) -> None:
    await write(people.anna, 1, "two three", title="one")
    assert await find(people.anna, '"two three"') == [1]
    assert await find(people.anna, "one two") == [1]
    assert await find(people.anna, '"one two"') == []


async def test_another_organisation_finds_nothing(people: People) -> None:
    await write(people.anna, 1, "plans of Alpina")
    assert await find(people.anna, "plans") == [1]
    assert await find(people.erik, "plans") == []
    # Nor with the scopes of Alpina, nor with Alpina's address and no scopes.
    assert await search({"note": [LAUNCH]}, people.erik.viewer.org_id, "plans") == []
    assert await search({"note": []}, people.anna.viewer.org_id, "plans") == []
    assert await search({}, people.anna.viewer.org_id, "plans") == []


async def test_a_private_place_is_for_those_who_are_in_it(people: People) -> None:
    await write(people.anna, 1, "the surprise", scope=SECRET)
    assert await find(people.anna, "surprise") == [1]
    assert await find(people.beat, "surprise") == []
    assert await find(people.gina, "surprise") == []


async def test_the_same_number_is_another_place_for_another_kind(people: People) -> None:
    await write(people.anna, 1, "the surprise")
    assert await search({"other": [LAUNCH]}, people.anna.viewer.org_id, "surprise") == []


async def test_an_edit_changes_what_is_found(people: People) -> None:
    await write(people.anna, 1, "before")
    await write(people.anna, 1, "afterwards")
    assert await find(people.anna, "before") == []
    assert await find(people.anna, "afterwards") == [1]


async def test_a_move_changes_who_finds(people: People) -> None:
    await write(people.anna, 1, "text")
    await write(people.anna, 1, "text", scope=SECRET)
    assert await find(people.beat, "text") == []
    assert await find(people.anna, "text") == [1]


async def test_a_move_of_very_many_hides_at_once_and_shows_soon(people: People) -> None:
    many = list(range(1, 152))
    for number in many:
        await write(people.anna, number, f"text n{number}n")
    await SearchEntry.change_scope("note", many, SECRET)
    assert await find(people.beat, "text") == [], "at once, though the words are indexed later"
    await SearchEntry.remove("note", 2)
    await write(people.anna, 3, "text, edited meanwhile", scope=SECRET)
    await drain()
    assert len(await find(people.anna, "text", limit=200)) == 150 and await find(people.anna, "edited") == [3]
    assert await find(people.beat, "text") == []
    await SearchEntry.change_scope("note", many, LAUNCH)
    await SearchEntry.change_scope("note", many[:5], LAUNCH)
    await drain()
    assert len(await find(people.beat, "text", limit=200)) == 150
    await SearchEntry.remove("note", 1)
    assert await find(people.beat, "n1n") == [] and await find(people.beat, "n4n") == [4]


async def test_what_is_deleted_is_not_found(people: People) -> None:
    await write(people.anna, 1, "gone soon")
    await SearchEntry.remove("note", 1)
    assert await find(people.anna, "gone") == []


async def test_what_is_rolled_back_is_not_found(people: People) -> None:
    with pytest.raises(RuntimeError):
        async with database.transaction():
            await write(people.anna, 1, "never was")
            raise RuntimeError
    assert await find(people.anna, "never") == []


async def test_the_entries_go_with_their_organisation(people: People) -> None:
    await write(people.erik, 1, "fjord")
    await database.execute("DELETE FROM search_entry WHERE org_id = $1", people.erik.viewer.org_id)
    assert await find(people.erik, "fjord") == []


async def test_the_newest_come_first_page_by_page(people: People) -> None:
    for id_ in range(1, 8):
        await write(people.anna, id_, "day", at=NOON + id_ * clock.DAY)
    first = await hits(people.anna, "day", limit=3)
    assert [hit.id for hit in first] == [7, 6, 5]
    assert await find(people.anna, "day", limit=3, before=first[-1].place) == [4, 3, 2]
    assert await find(people.anna, "day", since=NOON + 2 * clock.DAY, until=NOON + 4 * clock.DAY) == [3, 2]


async def test_many_at_one_instant_keep_apart(people: People) -> None:
    for id_ in (1, 2, 1 << 20, 1 + (1 << 20), 1 + (2 << 20)):
        await write(people.anna, id_, "twin")
    assert sorted(await find(people.anna, "twin")) == [1, 2, 1 << 20, 1 + (1 << 20), 1 + (2 << 20)]


async def test_times_far_away_are_found(people: People) -> None:
    await write(people.anna, 1, "era", at=-20_000 * 365 * clock.DAY)
    await write(people.anna, 2, "era", at=7_000 * 365 * clock.DAY)
    assert await find(people.anna, "era") == [2, 1]
    assert await find(people.anna, "era", since=NOON) == [2]


async def test_by_author_also_without_words(people: People) -> None:
    await write(people.anna, 1, "agenda")
    await write(people.beat, 2, "agenda")
    assert await find(people.chiara, "agenda", author_id=people.beat.id) == [2]
    assert await find(people.chiara, "", author_id=people.anna.id) == [1]
    assert await find(people.chiara, "") == []


async def test_a_few_visible_among_many_hits(people: People) -> None:
    for id_ in range(1, 5):
        await write(people.anna, id_, "common word", at=NOON + id_)
    async with database.transaction():
        for id_ in range(10, 900):
            await write(people.anna, id_, "common word", scope=SECRET, at=NOON + id_)
    assert await find(people.beat, "common w") == [4, 3, 2, 1]
    page = await hits(people.anna, "common", limit=890)  # of 202 places
    assert len(page) == 890 and [hit.place for hit in page] == sorted((hit.place for hit in page), reverse=True)
    assert await find(people.beat, "common", limit=2, before=page[-1].place) == [4, 3]
    visible = {"note": [LAUNCH, *MANY]}
    assert [hit.id for hit in await search(visible, people.anna.viewer.org_id, "common w")] == [4, 3, 2, 1]


async def test_what_was_looked_for_is_marked_not_marked_up(people: People) -> None:
    await write(people.anna, 1, "<b>Budget</b> & more", title="<i>Budget</i>")
    (hit,) = await hits(people.anna, "budget")
    assert [(segment.text, segment.is_hit) for segment in hit.body] == [("<b>", False), ("Budget", True), ("</b> & more", False)]
    assert [segment.text for segment in hit.title] == ["<i>", "Budget", "</i>"]


async def test_hostile_words_find_nothing_and_break_nothing(people: People) -> None:
    await write(people.anna, 1, "calm")
    for typed in ('"', "*", "NEAR(", "' OR TRUE --", "calm:* | x", "\\", "§note", "\x00", "a" * 100_000, '-"'):
        assert await find(people.anna, typed) == [], typed


async def test_very_long_texts_and_words(people: People) -> None:
    await write(people.anna, 1, "x" * 5_000 + " " + "lorem ipsum " * 20_000)
    assert await find(people.anna, "ipsum lorem") == [1]
    assert await find(people.anna, "x" * 5_000) == [1]


async def test_reindexing_repairs(people: People) -> None:
    org = people.anna.viewer.org_id
    notes[:] = [Indexed(id_, org, LAUNCH, "", f"note {id_}", NOON) for id_ in range(1, 300)]
    await write(people.anna, 1, "wrong words")
    await write(people.anna, 999, "note of something that is gone")
    assert await agreement("note") == (299, 298, 1)
    assert await reindex("note") == 299
    assert await agreement("note") == (299, 0, 0)
    assert await find(people.anna, "wrong") == []
    assert len(await find(people.anna, "note", limit=1_000)) == 299


async def test_members_are_found_by_any_part_of_name_and_address(people: People) -> None:
    for typed in ("chi", "dotti", "dotti chi", "chiara@alpina.example"):
        assert await find(people.anna, typed, kinds=[PERSON]) == [people.chiara.membership.id], typed
    assert await find(people.anna, parse("do chi", beginnings=True), kinds=[PERSON]) == [people.chiara.membership.id]
    assert await find(people.anna, "alpina.example", kinds=[PERSON]) != []
    assert await find(people.erik, "chiara", kinds=[PERSON]) == []


async def test_guests_are_not_in_the_directory_and_don_t_see_it(people: People) -> None:
    assert await find(people.anna, "gina", kinds=[PERSON]) == []
    assert await find(people.gina, "anna", kinds=[PERSON]) == []


async def test_who_left_or_is_renamed(people: People) -> None:
    await people.chiara.account.change(given_name="Clara")
    await index_person(people.chiara.id)
    assert await find(people.anna, "chiara dotti", kinds=[PERSON]) == [people.chiara.membership.id]  # in her address
    assert await find(people.anna, "clara", kinds=[PERSON]) == [people.chiara.membership.id]
    await people.chiara.membership.change(ended_at=NOON)
    await index_person(people.chiara.id)
    assert await find(people.anna, "clara", kinds=[PERSON]) == []


async def test_who_is_removed_and_taken_back(people: People) -> None:
    command = await end_membership(people.anna.viewer, people.chiara.id)
    assert await find(people.anna, "chiara", kinds=[PERSON]) == []
    await command.undo(people.anna.viewer)
    assert await find(people.anna, "chiara", kinds=[PERSON]) == [people.chiara.membership.id]


async def test_what_is_hidden_is_found_by_nobody_and_hides_nothing_else(people: People) -> None:
    for id_ in range(1, 61):
        await write(people.anna, id_, f"launch {id_}", at=NOON + id_)
    await database.execute("UPDATE search_entry SET scope = -scope WHERE kind = 'note' AND subject_id > 5 AND subject_id <> 30")
    assert await find(people.beat, "launch", limit=3) == [30, 5, 4]
    last = (await hits(people.beat, "launch", limit=2))[-1]
    assert await find(people.beat, "launch", limit=2, before=last.place) == [4, 3]
    await SearchEntry.remove("note", 60)
    await write(people.anna, 59, "lunch", at=NOON + 59)
    await database.execute("UPDATE search_entry SET scope = ABS(scope) WHERE kind = 'note'")
    assert await find(people.beat, "launch", limit=3) == [58, 57, 56] and await find(people.beat, "lunch") == [59]
    await database.execute("UPDATE search_entry SET scope = $1 WHERE kind = 'note' AND subject_id = 58", SECRET)
    assert await find(people.beat, "launch", limit=1) == [57]
