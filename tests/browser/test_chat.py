"""Two people in two browsers: what one does, the other sees, also after the server was killed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import violations
from tests.browser.house import House, message, write
from tests.browser.waiting import eventually


def test_two_people_talk(house: House) -> None:
    anna, beat = house.visit(house.people.anna), house.visit(house.people.beat)
    beat.locator("#composer textarea").press_sequentially("Hel", delay=20)
    expect(anna.locator(".typing")).to_have_text("Beat is writing…")
    beat.locator("#composer textarea").dispatch_event("keydown", {"key": "Enter", "keyCode": 229})  # Safari, at the end of what an input method composed
    write(beat, "Hello **Anna**")
    expect(message(anna, "Hello Anna")).to_have_count(1)
    expect(anna.locator(".typing")).to_have_text("")
    expect(beat.locator(".msg")).to_have_count(1)
    expect(beat.locator("#composer textarea")).to_have_value("")

    message(anna, "Hello").hover()
    anna.locator(".msg-tools [value='👍']").click()
    expect(message(beat, "Hello").locator(".reaction")).to_have_text(re.compile("👍\\s*1"))
    expect(message(anna, "Hello").locator(".reaction")).to_have_attribute("aria-pressed", "true")
    expect(message(beat, "Hello").locator(".reaction")).to_have_attribute("aria-pressed", "false")
    message(beat, "Hello").locator(".reaction").click()
    expect(message(anna, "Hello").locator(".reaction .num")).to_have_text("2")
    message(anna, "Hello").locator(".reaction").click()
    expect(message(beat, "Hello").locator(".reaction .num")).to_have_text("1")

    beat.locator("#composer textarea").press("ArrowUp")
    edit = beat.locator(".composer-edit textarea")
    expect(edit).to_have_value("Hello **Anna**")
    edit.fill("Good morning")
    edit.press("Enter")
    expect(message(anna, "Good morning").locator("[data-word=edited]")).to_have_count(1)
    expect(beat.locator("#composer textarea")).to_be_focused()

    message(beat, "Good morning").focus()
    beat.keyboard.press("Delete")
    expect(anna.locator(".msg.deleted")).to_have_count(1)
    expect(anna.locator(".msg", has_text="Good morning")).to_have_count(0)
    beat.locator(".toast [data-undo]").click()
    expect(message(anna, "Good morning")).to_have_count(1)
    expect(message(beat, "Good morning")).to_have_count(1)
    anna.evaluate("addEventListener('contextmenu', ({target}) => getSelection().selectAllChildren(target), true)")  # as a Mac does
    message(anna, "Good morning").locator(".prose").click(button="right")
    expect(anna.locator("#msg-menu")).to_be_visible()


def test_many_messages_arrive_once_and_in_order(house: House) -> None:
    anna, beat = house.visit(house.people.anna), house.visit(house.people.beat)
    for number in range(12):
        write(anna if number % 2 else beat, f"number {number}.")
    for page in (anna, beat):
        expect(message(page, "number")).to_have_count(12)
        expect(page.locator(".msg.pending")).to_have_count(0)
    texts = [page.locator(".msg .prose").all_inner_texts() for page in (anna, beat)]
    assert texts[0] == texts[1]


def test_what_is_new_is_counted_and_read_in_all_tabs(house: House) -> None:
    anna, other = house.visit(house.people.anna), house.visit(house.people.anna)
    anna.goto(f"{house.server.url}/chat/channels")
    other.goto(f"{house.server.url}/")
    beat = house.visit(house.people.beat)
    link = anna.locator(".side-link", has_text="launch")
    write(beat, "Some news")
    expect(link).to_have_class(re.compile("unread"))
    expect(link.locator(".count")).to_be_hidden()
    write(beat, "@Anna Alpha please look")
    expect(message(beat, "please look").locator(".mention")).to_have_text("@Anna Alpha")
    expect(link.locator(".count")).to_contain_text("1")
    expect(other.locator("[data-behavior=chat-badge]")).to_contain_text("1")
    expect(other).to_have_title(re.compile(r"^\(1\) "))
    link.click()
    expect(message(anna, "please look").locator(".mention.me")).to_have_count(1)
    expect(anna.locator(".log-new")).to_have_count(1)
    expect(other.locator("[data-behavior=chat-badge]")).to_be_hidden()
    expect(other).not_to_have_title(re.compile(r"^\("))
    expect(anna.locator(".side-link", has_text="launch")).not_to_have_class(re.compile("unread"))


def test_names_are_offered_while_typing(house: House) -> None:
    beat = house.visit(house.people.beat)
    beat.locator("#composer textarea").press_sequentially("Hi @chi", delay=30)
    expect(beat.locator("#composer-names [role=option]")).to_have_count(1)
    expect(beat.locator("#composer-names [role=option]")).to_contain_text("Chiara Dotti")
    beat.keyboard.press("Enter")
    expect(beat.locator("#composer textarea")).to_have_value("Hi @Chiara Dotti ")
    beat.keyboard.press("Enter")
    expect(message(beat, "Chiara Dotti").locator(".mention")).to_have_count(1)
    beat.locator("#composer textarea").press_sequentially("@dav", delay=30)
    expect(beat.locator("#composer-names [data-outside]")).to_contain_text("David Ngo")
    beat.keyboard.press("Enter")
    beat.locator("#composer textarea").press_sequentially("welcome :tad", delay=30)
    expect(beat.locator("#composer-emoji [role=option]").first).to_contain_text(":tada:")
    beat.keyboard.press("Enter")
    expect(beat.locator("#composer textarea")).to_have_value("@David Ngo welcome 🎉 ")
    beat.keyboard.press("Enter")
    beat.locator(".outside button[hx-post]").click()
    expect(beat.locator(".toast", has_text="1 person was added")).to_be_visible()
    expect(beat.locator(".outside")).to_be_hidden()


def test_emoji_are_found_by_name(house: House) -> None:
    anna = house.visit(house.people.anna)
    write(anna, "Lunch?")
    message(anna, "Lunch").focus()
    anna.keyboard.press("r")
    search = anna.locator("#emoji-picker input")
    expect(search).to_be_focused()
    search.fill("fondue")
    expect(anna.locator("#emoji-picker .emoji-grid button:visible")).to_have_count(1)
    search.press("Enter")
    expect(message(anna, "Lunch").locator(".reaction")).to_contain_text("🫕")


def test_a_long_log_opens_where_one_stopped_and_loads_both_ways(house: House) -> None:
    house.say(house.people.anna, *(f"number {n}." for n in range(130)))
    beat = house.visit(house.people.beat)
    expect(beat.locator(".log-new")).to_be_in_viewport()
    expect(message(beat, "number 0.")).to_be_in_viewport()
    expect(beat.locator(".log-jump")).to_be_visible()
    beat.locator(".log-jump").click()
    expect(message(beat, "number 129.")).to_be_in_viewport()
    while not message(beat, "number 0.").count():
        known = beat.locator(".msg").count()
        beat.locator(".chat-scroll").evaluate("(element) => element.scrollBy(0, -3000)")
        eventually(lambda known=known: beat.locator(".msg").count() > known or beat.locator(".chat-scroll").evaluate("(element) => element.scrollTop > 0"), beat)
    assert beat.locator(".msg").count() == 130
    write(house.visit(house.people.chiara), "while Beat reads old things")
    expect(beat.locator(".log-jump .count")).to_have_text("1")
    place = message(beat, "number 40.").locator(".msg-time").get_attribute("href")
    beat.goto(house.server.url + (place or ""))
    expect(beat.locator(".msg.target")).to_contain_text("number 40.")
    expect(beat.locator(".msg.target")).to_be_in_viewport()


def test_nothing_is_lost_or_doubled_when_the_server_dies(house: House) -> None:
    anna, beat = house.visit(house.people.anna), house.visit(house.people.beat)
    write(beat, "before")
    expect(message(anna, "before")).to_have_count(1)
    house.server.kill()
    write(beat, "during one")
    write(beat, "during two")
    expect(beat.locator(".msg.pending")).to_have_count(2)
    house.server.start()
    write(anna, "after")
    for page in (anna, beat):
        expect(page.locator("html[data-live=on]")).to_be_attached(timeout=40_000)
        for text in ("before", "during one", "during two", "after"):
            expect(message(page, text)).to_have_count(1, timeout=30_000)
        expect(page.locator(".msg")).to_have_count(4)
    beat.reload()
    expect(beat.locator(".msg")).to_have_count(4)


def test_words_that_were_refused_can_be_discarded(house: House) -> None:
    anna = house.visit(house.people.anna)
    anna.locator("#composer").evaluate("(form) => { form.dataset.most = '1000000' }")
    write(anna, "y" * 21_000)
    failed = anna.locator(".msg.pending[data-state=failed]")
    expect(failed).to_contain_text("too long")
    expect(failed.locator(".msg-raw")).to_contain_text("yyy")
    failed.locator("[data-discard]").click()
    expect(anna.locator(".msg")).to_have_count(0)


def test_a_draft_survives_a_reload_and_goes_on_elsewhere(house: House) -> None:
    anna, phone = house.visit(house.people.anna), house.visit(house.people.anna)
    here, there = (page.locator("#composer textarea") for page in (anna, phone))
    here.fill("Half a thought")
    expect(there).to_have_value("Half a thought")
    anna.reload()
    expect(here).to_have_value("Half a thought")
    there.fill("Half a thought, made whole")
    expect(here).to_have_value("Half a thought, made whole")
    there.press("Enter")
    expect(here).to_have_value("")


def test_an_address_becomes_a_card_for_who_may_see_it(house: House) -> None:
    anna, beat = house.visit(house.people.anna), house.visit(house.people.beat)
    person = f"{house.server.url}/contacts/people/{house.people.chiara.membership.id}"
    own = f"{house.server.url}/account"
    write(anna, f"Ask {person} or {own}")
    for page in (anna, beat):
        expect(page.locator(".suite-card")).to_have_count(1)
        expect(page.locator(".suite-card strong")).to_have_text("Chiara Dotti")
        expect(page.locator(".msg .prose a").first).to_have_text("Chiara Dotti")
        expect(page.locator(".msg .prose a").last).to_have_text(own)
    beat.locator(".suite-card a").click()
    expect(beat.locator("#detail")).to_contain_text("Chiara Dotti")


def test_an_end_of_access_is_felt_at_once(house: House) -> None:
    anna = house.visit(house.people.anna)
    chiara = house.visit(house.people.chiara)
    anna.locator("[aria-label=Members]").click()
    row = anna.locator(".member", has_text="Chiara Dotti")
    row.hover()
    row.locator("[hx-delete]").click()
    expect(row).to_have_count(0)
    expect(chiara.locator(".chat-join")).to_be_visible()
    expect(chiara.locator(".side-link", has_text="launch")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_for_everyone(house: House, scheme: str) -> None:
    house.say(house.people.anna, "Hello @Beat", "- one\n- two", "`code` and https://example.org", "🎉")
    beat = house.visit(house.people.beat)
    beat.emulate_media(color_scheme=scheme)
    beat.locator("[aria-label=Members]").click()
    expect(beat.locator(".member")).to_have_count(3)
    message(beat, "one").hover()
    assert violations(beat) == []


def test_a_thread_is_answered_beside_the_channel(house: House) -> None:
    anna, beat = house.visit(house.people.anna), house.visit(house.people.beat)
    write(anna, "Who has the key?")
    message(beat, "Who has").focus()
    beat.keyboard.press("t")
    expect(beat.locator("#thread-composer textarea")).to_be_focused()
    beat.locator("#thread-composer textarea").fill("I **do**")
    beat.keyboard.press("Enter")
    expect(beat.locator(".thread .chat-log .msg:not(.pending)")).to_have_count(1)
    expect(beat.locator("#thread-follow")).to_have_attribute("aria-pressed", "true")
    expect(beat.locator("#main .msg")).to_have_count(1)
    expect(message(anna, "Who has").locator(".thread-count .num")).to_have_text("1")
    expect(anna.locator("[data-view=threads] .count")).to_contain_text("1")
    message(anna, "Who has").locator(".thread-link").click()
    expect(anna.locator(".thread .chat-log .msg strong", has_text="do")).to_have_count(1)
    expect(anna.locator("[data-view=threads] .count")).to_have_count(0)
    anna.locator("#thread-composer textarea").fill("Thanks")
    anna.keyboard.press("Enter")
    expect(beat.locator(".thread .chat-log .msg:not(.pending)")).to_have_count(2)
    beat.locator("#thread-composer textarea").press("ArrowUp")
    beat.locator(".thread .composer-edit textarea").fill("I do, always")
    beat.keyboard.press("Enter")
    expect(anna.locator(".thread .msg", has_text="always")).to_have_count(1)
    expect(anna.locator("#main .msg")).to_have_count(1)
    expect(beat.locator("#thread-composer textarea")).to_be_focused()
    beat.keyboard.press("Escape")
    expect(beat.locator(".thread")).to_have_count(0)
    assert "/threads/" not in beat.url

    message(beat, "Who has").focus()
    beat.keyboard.press("p")
    expect(anna.locator(".chat-pins")).to_have_attribute("data-count", "1")
    expect(message(anna, "Who has").first.locator(".msg-pin")).to_be_visible()
    anna.reload()
    expect(anna.locator(".thread .msg", has_text="Thanks")).to_have_count(1)
    assert violations(anna) == []


def test_files_go_on_after_a_lost_connection_and_polls_are_counted(house: House, tmp_path: Path) -> None:
    anna, beat = house.visit(house.people.anna), house.visit(house.people.beat)
    (tmp_path / "notes.bin").write_bytes(bytes(range(256)) * 40_000)
    anna.context.set_offline(True)
    anna.locator("#composer [data-attach]").set_input_files(tmp_path / "notes.bin")
    expect(anna.locator(".upload")).to_contain_text("No connection")
    anna.context.set_offline(False)
    expect(anna.locator(".upload")).to_have_attribute("data-state", "done", timeout=30_000)
    expect(anna.locator(".upload")).to_contain_text("10.2 MB")
    anna.locator("#composer textarea").focus()
    anna.keyboard.press("Enter")
    expect(beat.locator(".file-card")).to_contain_text("notes.bin")
    expect(anna.locator(".upload")).to_have_count(0)
    with beat.expect_download() as download:
        beat.locator(".file-card").click()
    assert Path(download.value.path()).stat().st_size == 256 * 40_000

    anna.locator(".composer-extras a").first.click()
    anna.locator("dialog [name=question]").fill("Lunch?")
    for number, answer in enumerate(("Pizza", "Soup")):
        anna.locator("dialog [name=answer]").nth(number).fill(answer)
    anna.locator("dialog [type=submit]").click()
    beat.locator(".poll-answer", has_text="Soup").click()
    expect(anna.locator(".poll-answer", has_text="Soup").locator(".num")).to_have_text("1")
    expect(beat.locator(".poll-answer", has_text="Soup")).to_have_attribute("aria-pressed", "true")
    expect(anna.locator(".poll-answer", has_text="Soup")).to_have_attribute("aria-pressed", "false")
