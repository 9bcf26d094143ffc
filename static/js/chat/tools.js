// What can be done with a message: one toolbar that moves to the message in hand, one menu, and keys.
import { letGo } from "../behaviors/menu.js";
import { ask, me, parse, tell, Refusal } from "./http.js";
import { pick } from "./emoji.js";
import { openPanel } from "./panel.js";
import { isSaved } from "./saved.js";
import { type } from "./marks.js";
import { change, sourceOf } from "./writes.js";
import { copyText } from "../unsafe.js";

const KEYS = {
  e: "edit", r: "pick", u: "unread", c: "copy-text", l: "copy-link", t: "thread", q: "quote", f: "forward", s: "save", p: "pin", Delete: "delete", Backspace: "delete",
};
const dialog = (path) => htmx.ajax("GET", path, { source: "#dialog", target: "#dialog", swap: "innerHTML" });

export function tools(scroller) {
  const log = scroller.querySelector(".chat-log");
  const isMember = "member" in scroller.dataset;
  const menu = document.getElementById("msg-menu");
  const bar = document.getElementById("log-tools").content.firstElementChild.cloneNode(true);
  let article = null, wasMarked = false;

  function hold(target) {
    const found = target.closest?.(".msg[data-id]");
    if (!found || found === article && bar.parentElement === found) return;
    if (menu.matches(":popover-open") || found.querySelector("form.composer-edit")) return;
    article = found;
    bar.remove();
    if (found.matches(".deleted")) return;
    allow(bar);
    if (!isMember) bar.querySelectorAll('[data-do="react"], [data-do="pick"]').forEach((item) => (item.hidden = true));
    found.append(bar);
  }

  function allow(root) {
    const mine = article.dataset.author === me();
    const manages = "manages" in scroller.dataset;
    const isDeleted = article.matches(".deleted");
    const are = {
      "for-mine": mine && !isDeleted, "for-others": !mine, "for-roots": !article.dataset.thread && !scroller.dataset.thread, "for-saved": isSaved(article.dataset.id),
      "for-unsaved": !isSaved(article.dataset.id), "for-pinned": article.matches(".pinned"), "for-unpinned": !article.matches(".pinned"),
      "for-carded": Boolean(article.querySelector(".link-card")), "for-edited": Boolean(article.querySelector(".msg-edited")), "for-asked": Boolean(article.querySelector(".receipt")), "for-unasked": !article.querySelector(".receipt"),
    };
    for (const item of root.querySelectorAll('[class*="for-"]')) {
      const wanted = [...item.classList].filter((name) => name in are);
      item.hidden = !(wanted.every((name) => are[name]) || (manages && item.matches(".for-managers")));
    }
  }

  const acts = () => ({
    react, pick: pickFor, edit, more, delete: remove, unread, "copy-link": copyLink, "copy-text": copyText, quote, confirm, vote, "close-poll": closePoll,
    thread: (on) => !scroller.dataset.thread && openPanel(`${scroller.dataset.url}/threads/${idOf(on)}`),
    forward: (on) => dialog(`/chat/messages/${idOf(on)}/forwarding/new`),
    remind: (on) => dialog(`/chat/messages/${idOf(on)}/reminders/new`),
    report: (on) => dialog(`/chat/messages/${idOf(on)}/report/new`),
    translate: (on) => dialog(`/chat/messages/${idOf(on)}/translation`),
    versions: (on) => dialog(`/chat/messages/${idOf(on)}/versions`),
    save: (on) => change(idOf(on), { method: isSaved(idOf(on)) ? "DELETE" : "POST", path: "/saving", what: "save" }),
    unsave: (on) => change(idOf(on), { method: "DELETE", path: "/saving", what: "save" }),
    pin: (on) => isMember && change(idOf(on), { method: on.matches(".pinned") ? "DELETE" : "POST", path: "/pin", what: "pin" }),
    unpin: (on) => change(idOf(on), { method: "DELETE", path: "/pin", what: "pin" }),
    uncard: (on) => change(idOf(on), { method: "DELETE", path: "/cards", what: "edit" }),
    ask: (on) => change(idOf(on), { path: "/receipts", what: "ask" }),
    unask: (on) => change(idOf(on), { method: "DELETE", path: "/receipts", what: "ask" }),
  });

  function act(name, on, value) {
    if (on) acts()[name](on, value);
  }

  // The words go into the composer as a quotation, with who said them and where.
  function quote(on) {
    const lines = said(on).split("\n").slice(0, 12);
    const who = on.querySelector(".msg-author").textContent;
    const where = new URL(on.querySelector(".msg-time").href, location.href).href;
    const area = scroller.parentElement.querySelector(".composer:not(.composer-edit) textarea");
    if (!area) return;
    area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
    type(area, `${area.value.trim() ? "\n\n" : ""}> [${who}](${where}):\n${lines.map((line) => `> ${line}`).join("\n")}\n\n`);
  }

  const confirm = (on) => change(idOf(on), { path: "/receipt", what: "confirm" });
  const closePoll = (on) => change(idOf(on), { path: "/closing", what: "vote" });

  async function vote(on, value) {
    const poll = on.querySelector(".poll");
    let chosen = [...poll.querySelectorAll('[aria-pressed="true"]')].map((one) => one.value);
    const isChosen = chosen.includes(value);
    chosen = "multiple" in poll.dataset ? chosen.filter((one) => one !== value) : [];
    const body = new URLSearchParams([...chosen, ...(isChosen ? [] : [value])].map((answer) => ["answer", answer]));
    await change(idOf(on), { path: "/votes", body, what: "vote" });
    if ("anonymous" in poll.dataset) on.querySelectorAll(".poll-answer").forEach((one) => one.setAttribute("aria-pressed", String(body.getAll("answer").includes(one.value))));
  }

  const idOf = (on) => on.dataset.id;

  function react(on, emoji) {
    const mine = [...on.querySelectorAll(".reaction")].some((one) => one.value === emoji && one.getAttribute("aria-pressed") === "true");
    return mine
      ? change(idOf(on), { method: "DELETE", path: `/reactions?emoji=${encodeURIComponent(emoji)}`, what: "unreact", text: emoji })
      : change(idOf(on), { path: "/reactions", body: { emoji }, what: "react", text: emoji });
  }

  async function pickFor(on) {
    const emoji = await pick(bar.isConnected ? bar : on);
    if (emoji) await change(idOf(on), { path: "/reactions", body: { emoji }, what: "react", text: emoji });
    log.querySelector(`#m${on.dataset.id}`)?.focus({ preventScroll: true });
  }

  async function edit(on) {
    if (on.dataset.author !== me() || on.matches(".deleted") || on.querySelector("form.composer-edit")) return;
    bar.remove();
    const [form] = await Promise.all([editorOf(on), import("../behaviors/chat-edit.js")]); // its keys work as soon as it is seen
    if (!form) return;
    form.prose = on.querySelector(".prose");
    form.prose.replaceWith(form);
  }

  // The server's own form; without a connection one made here, of what was typed.
  async function editorOf(on) {
    try {
      if (navigator.onLine) return parse(await ask("GET", `/chat/messages/${idOf(on)}/edit`)).querySelector("form");
    } catch (error) {
      if (error instanceof Refusal) return void tell({ kind: "error", ...(error.message ? { text: error.message } : { word: "failed" }) });
    }
    const source = sourceOf(idOf(on));
    if (!source) return void tell({ kind: "error", word: "lost" });
    const form = document.getElementById("log-edit").content.cloneNode(true).querySelector("form");
    form.action = `/chat/messages/${idOf(on)}`;
    form.elements.text.value = source.text;
    form.elements.base.value = source.base;
    return form;
  }

  function more(on, _value, at = bar.querySelector('[data-do="more"]').getBoundingClientRect()) {
    menu.logInHand = log;
    allow(menu);
    menu.showPopover();
    menu.style.left = `${Math.max(8, Math.min(at.right - menu.offsetWidth, innerWidth - menu.offsetWidth - 8))}px`;
    menu.style.top = `${Math.max(8, Math.min(at.bottom + 4, innerHeight - menu.offsetHeight - 8))}px`;
    menu.querySelector('[role="menuitem"]').focus();
  }

  // Right click and long press; what is selected, linked or shown has the browser's own menu.
  async function context(event) {
    const on = event.target.closest(".msg[data-id]:not(.deleted)");
    if (!on || event.target.closest("a, img, video, audio, pre, form") || (wasMarked && String(getSelection()))) return;
    event.preventDefault();
    getSelection().removeAllRanges(); // a Mac selects the word that is right-clicked
    await letGo(event);
    hold(on);
    more(on, "", { right: event.clientX, bottom: event.clientY });
  }

  const remove = (on) => (on.dataset.author === me() || "manages" in scroller.dataset) && !on.matches(".deleted") && change(idOf(on), { method: "DELETE", what: "delete" });

  async function unread(on) {
    if ((await change(idOf(on), { method: "DELETE", path: "/reading", what: "unread" })).state !== "failed") {
      scroller.dispatchEvent(new CustomEvent("chat:unread", { detail: Number(on.dataset.id) }));
    }
  }

  async function copy(text) {
    await copyText(text);
    tell({ text: document.getElementById("copied").content.textContent });
  }
  const copyLink = (on) => copy(new URL(on.querySelector(".msg-time").href, location.href).href);
  const copyText = (on) => copy(said(on));

  // What was written: addresses that cards gave a title are addresses again.
  function said(on) {
    const titled = [...on.querySelectorAll(".prose a[data-title]")];
    for (const link of titled) link.textContent = link.href;
    const text = on.querySelector(".prose")?.innerText.trim() ?? "";
    for (const link of titled) link.textContent = link.dataset.title;
    return text;
  }

  function click(event) {
    const button = event.target.closest("[data-do]");
    if (button) {
      if (button.form) event.preventDefault();
      return act(button.dataset.do, button.closest(".msg") ?? article, button.value);
    }
    const answer = event.target.closest(".poll-answer");
    if (answer) {
      event.preventDefault();
      return act("vote", answer.closest(".msg"), answer.value);
    }
    const reaction = event.target.closest(".reaction");
    if (!reaction) return;
    event.preventDefault();
    act("react", reaction.closest(".msg"), reaction.value);
  }

  function keydown(event) {
    const on = event.target.closest(".msg[data-id]") ?? (event.target === log ? null : undefined);
    if (on === undefined || event.target.closest("textarea, input, form.composer-edit") || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") scroller.parentElement.querySelector(".composer:not(.composer-edit) textarea")?.focus();
    else if (step) walk(on, step);
    else if (on && KEYS[event.key]) act(KEYS[event.key], on);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function walk(on, step) {
    const all = [...log.querySelectorAll(".msg[data-id]")];
    const next = on ? all[all.indexOf(on) + step] : all.at(-1);
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  }

  const over = ({ target }) => hold(target);
  const menuClick = ({ target }) => target.closest("[data-do]") && menu.logInHand === log && act(target.closest("[data-do]").dataset.do, article);
  scroller.addEventListener("pointerover", over);
  scroller.addEventListener("pointerdown", () => (wasMarked = Boolean(String(getSelection()))));
  scroller.addEventListener("focusin", over);
  scroller.addEventListener("click", click);
  scroller.addEventListener("contextmenu", context);
  scroller.addEventListener("keydown", keydown);
  menu.addEventListener("click", menuClick);
  scroller.toggleAttribute("data-reads-only", !isMember);
  return { editLast: () => edit([...log.querySelectorAll(`.msg[data-id][data-author="${me()}"]:not(.deleted)`)].at(-1) ?? document.createElement("i")) };
}
