// The strip that counts what isn't sent yet, and the panel that lists it. Moments without anything waiting aren't shown.
import { discard, entries, retry, send } from "../outbox.js";
import { localise } from "../times.js";

const MOMENT = 2_500;

export default function connect(strip) {
  const dialog = document.getElementById("outbox");
  const list = dialog.querySelector("[data-entries]");
  const template = dialog.querySelector("template");
  let timer, shown = new Map();

  async function count() {
    const waiting = await entries().catch(() => []);
    const failed = waiting.filter(({ state }) => state === "failed").length;
    const isOld = waiting.some(({ at, state }) => state !== "waiting" || Date.now() - at > MOMENT);
    strip.hidden = !isOld;
    strip.dataset.state = failed ? "failed" : waiting.some(({ state }) => state === "sign-in") ? "sign-in" : "waiting";
    strip.querySelectorAll("[data-count]").forEach((place) => (place.textContent = place.closest(".when-failed") ? failed : waiting.length));
    clearTimeout(timer);
    if (waiting.length && !isOld) timer = setTimeout(count, MOMENT);
    if (dialog.open) fill(waiting);
  }

  function fill(waiting) {
    const before = shown;
    shown = new Map(waiting.map((entry) => [entry.order, item(before.get(entry.order), entry)]));
    list.replaceChildren(...shown.values());
    dialog.classList.toggle("is-empty", !waiting.length);
  }

  function item(existing, entry) {
    const row = existing ?? template.content.firstElementChild.cloneNode(true);
    row.entry = entry;
    row.dataset.state = entry.state;
    if (existing) return row;
    const text = row.querySelector("textarea");
    const typed = entry.body.find(([name]) => name === entry.field)?.[1];
    row.querySelector("[data-label]").textContent = entry.label;
    row.querySelector("time").dateTime = new Date(entry.at).toISOString();
    localise(row);
    text.value = text.defaultValue = typed ?? "";
    text.dataset.kept = typeof typed === "string" ? "yes" : "no";
    return reason(row);
  }

  function reason(row) {
    row.querySelector("[data-reason]").textContent = row.entry.reason;
    return row;
  }

  async function click({ target }) {
    const row = target.closest("[data-entry]");
    const text = row?.querySelector("textarea");
    if (target.closest("[data-send-all]")) await send();
    else if (target.closest("[data-retry]")) await retry(row.entry, text.dataset.kept === "yes" ? text.value : undefined);
    else if (target.closest("[data-discard]")) await discard(row.entry);
    else if (target.closest("[data-copy]")) await navigator.clipboard?.writeText(text.value);
  }

  async function changed() {
    await count();
    shown.forEach(reason);
  }

  async function open() {
    dialog.showModal();
    await changed();
  }

  // Signing out wipes the outbox: not without having seen it.
  function leaving(event) {
    if (event.target.getAttribute("action") !== "/sign-out" || strip.hidden || dialog.contains(event.target)) return;
    event.preventDefault();
    dialog.classList.add("is-leaving");
    open();
  }

  strip.querySelector("[data-open]").addEventListener("click", open);
  dialog.addEventListener("click", click);
  dialog.addEventListener("close", () => dialog.classList.remove("is-leaving"));
  document.addEventListener("outbox:entry", changed);
  document.addEventListener("submit", leaving, true);
  count();
  return () => {
    document.removeEventListener("outbox:entry", changed);
    document.removeEventListener("submit", leaving, true);
  };
}
