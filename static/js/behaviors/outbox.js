// The strip that counts what isn't sent yet, and the panel that lists it. Moments without anything waiting aren't shown.
import { discard, entries, retry, send } from "../outbox.js";
import { localise } from "../times.js";
import { copyText } from "../unsafe.js";

const MOMENT = 2_500;

export default function connect(strip) {
  const dialog = document.getElementById("outbox");
  const list = dialog.querySelector("[data-entries]");
  const template = dialog.querySelector("template");
  let timer, shown = new Map();

  async function count(isLate = false) {
    const all = await entries().catch(() => []);
    const worth = all.filter(({ isQuiet, state }) => !isQuiet || state === "failed");
    const number = (wanted) => worth.filter(({ state }) => state === wanted).length;
    const shows = worth.length > 0 && (isLate === true || worth.some(({ state, isHeld }) => state !== "waiting" || isHeld));
    strip.hidden = !shows;
    strip.dataset.state = ["conflict", "failed", "sign-in"].find(number) ?? "waiting";
    for (const place of strip.querySelectorAll("[data-count]")) {
      const of = ["conflict", "failed"].find((one) => place.closest(`.when-${one}`));
      place.textContent = of ? number(of) : worth.length;
    }
    clearTimeout(timer);
    if (worth.length && !shows) timer = setTimeout(count, MOMENT, true); // no clock is asked how old it is
    if (dialog.open) fill(all);
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
    return explain(row);
  }

  function explain(row) {
    row.querySelector("[data-reason]").textContent = row.entry.reason;
    row.querySelector("[data-theirs]").textContent = row.entry.theirs?.text ?? "";
    row.querySelector("[data-mine]").textContent = row.entry.body.find(([name]) => name === row.entry.field)?.[1] ?? row.entry.theirs?.mine ?? "";
    return row;
  }

  function merge(row) {
    const text = row.querySelector("textarea");
    const theirs = row.entry.theirs.text;
    if (!text.value.includes(theirs)) text.value = `${theirs}\n${text.value}`;
    text.focus();
  }

  async function click({ target }) {
    const row = target.closest("[data-entry]");
    const text = row?.querySelector("textarea");
    if (target.closest("[data-send-all]")) await send();
    else if (target.closest("[data-retry]")) await retry(row.entry, text.dataset.kept === "yes" ? text.value : undefined);
    else if (target.closest("[data-discard], [data-theirs-wins]")) await discard(row.entry);
    else if (target.closest("[data-merge]")) merge(row);
    else if (target.closest("[data-copy]")) await copyText(text.value);
  }

  async function changed() {
    await count();
    shown.forEach(explain);
  }

  async function open() {
    if (!dialog.open) dialog.showModal();
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
  document.addEventListener("outbox:open", open);
  document.addEventListener("submit", leaving, true);
  count();
  return () => {
    document.removeEventListener("outbox:entry", changed);
    document.removeEventListener("outbox:open", open);
    document.removeEventListener("submit", leaving, true);
  };
}
