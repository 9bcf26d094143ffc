// What can be done with a message: one toolbar that moves to the message in hand, one menu, and keys.
import { ask, me, parse, tell, Refusal } from "./http.js";
import { pick } from "./emoji.js";
import { change, sourceOf } from "./writes.js";

const KEYS = { e: "edit", r: "pick", u: "unread", c: "copy-text", Delete: "delete", Backspace: "delete" };

export function tools(scroller) {
  const log = scroller.querySelector(".chat-log");
  const menu = document.getElementById("msg-menu");
  const bar = document.getElementById("log-tools").content.firstElementChild.cloneNode(true);
  let article = null;

  function hold(target) {
    const found = target.closest?.(".msg[data-id]");
    if (!found || found === article && bar.parentElement === found) return;
    if (menu.matches(":popover-open") || found.querySelector("form.composer-edit")) return;
    article = found;
    bar.remove();
    if (found.matches(".deleted") || !("member" in scroller.dataset)) return;
    allow(bar);
    found.append(bar);
  }

  function allow(root) {
    const mine = article.dataset.author === me();
    const manages = "manages" in scroller.dataset;
    root.querySelectorAll(".for-mine").forEach((item) => (item.hidden = !(mine || (manages && item.matches(".for-managers")))));
  }

  function act(name, on, value) {
    if (on) ({ react, pick: pickFor, edit, more, delete: remove, unread, "copy-link": copyLink, "copy-text": copyText })[name](on, value);
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
    const form = await editorOf(on);
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

  function more(on) {
    allow(menu);
    const at = bar.querySelector('[data-do="more"]').getBoundingClientRect();
    menu.showPopover();
    menu.style.left = `${Math.max(8, Math.min(at.right - menu.offsetWidth, innerWidth - menu.offsetWidth - 8))}px`;
    menu.style.top = `${Math.max(8, Math.min(at.bottom + 4, innerHeight - menu.offsetHeight - 8))}px`;
    menu.querySelector('[role="menuitem"]').focus();
  }

  const remove = (on) => (on.dataset.author === me() || "manages" in scroller.dataset) && !on.matches(".deleted") && change(idOf(on), { method: "DELETE", what: "delete" });

  async function unread(on) {
    if ((await change(idOf(on), { method: "DELETE", path: "/reading", what: "unread" })).state !== "failed") {
      scroller.dispatchEvent(new CustomEvent("chat:unread", { detail: Number(on.dataset.id) }));
    }
  }

  async function copy(text) {
    await navigator.clipboard?.writeText(text);
    tell({ text: document.getElementById("copied").content.textContent });
  }
  const copyLink = (on) => copy(new URL(on.querySelector(".msg-time").href, location.href).href);
  const copyText = (on) => copy(on.querySelector(".prose")?.innerText.trim() ?? "");

  function click(event) {
    const button = event.target.closest("[data-do]");
    if (button) return act(button.dataset.do, button.closest(".msg") ?? article, button.value);
    const reaction = event.target.closest(".reaction");
    if (!reaction) return;
    event.preventDefault();
    act("react", reaction.closest(".msg"), reaction.value);
  }

  function keydown(event) {
    const on = event.target.closest(".msg[data-id]") ?? (event.target === log ? null : undefined);
    if (on === undefined || event.target.closest("textarea, input, form.composer-edit") || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") document.querySelector("#composer textarea")?.focus();
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
  const menuClick = ({ target }) => target.closest("[data-do]") && act(target.closest("[data-do]").dataset.do, article);
  log.addEventListener("pointerover", over);
  log.addEventListener("focusin", over);
  log.addEventListener("click", click);
  log.addEventListener("keydown", keydown);
  menu.addEventListener("click", menuClick);
  return { editLast: () => edit([...log.querySelectorAll(`.msg[data-id][data-author="${me()}"]:not(.deleted)`)].at(-1) ?? document.createElement("i")) };
}
