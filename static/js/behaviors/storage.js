// The page about what this device keeps: how much, per app, what was chosen, what waits, and the buttons that change it.
import { entries } from "../outbox.js";
import { choose, chosen, pages, tell } from "../places.js";

export default function connect(panel) {
  const all = (selector) => [...panel.querySelectorAll(selector)];
  const words = panel.querySelector("[data-words]").dataset;
  const say = (word) => (panel.querySelector("[data-told]").textContent = words[word]);
  const bytes = (number) => {
    const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
    const step = Math.min(3, Math.floor(Math.log10(Math.max(1, number)) / 3));
    return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: units[step], unitDisplay: "short", maximumFractionDigits: step > 1 ? 1 : 0 }).format(number / 1000 ** step);
  };

  async function showKept() {
    if (!window.caches) return;
    const rows = all("[data-prefix]").map((row) => ({ row, prefix: row.dataset.prefix, pages: new Set(), bytes: 0 }));
    const cache = await pages();
    for (const request of await cache.keys()) {
      const { pathname } = new URL(request.url);
      const of = rows.find(({ prefix }) => pathname === prefix || (prefix.length > 1 && pathname.startsWith(`${prefix}/`))) ?? rows.at(-1);
      of.pages.add(pathname);
      of.bytes += Number((await cache.match(request, { ignoreVary: true }))?.headers.get("Kept-Size") ?? 0);
    }
    rows.forEach(({ row, pages: seen, bytes: size }) => put(row, seen.size, size));
    await showShell();
  }

  async function showShell() {
    let number = 0, size = 0;
    for (const name of (await caches.keys()).filter((one) => !one.startsWith("pages "))) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        number += 1;
        size += (await (await cache.match(request, { ignoreVary: true }))?.blob())?.size ?? 0;
      }
    }
    put(panel.querySelector("[data-shell]"), number, size);
  }

  function put(row, number, size) {
    row.querySelector("[data-pages]").textContent = number.toLocaleString(document.documentElement.lang);
    row.querySelector("[data-bytes]").textContent = bytes(size);
  }

  async function showUsage() {
    const { usage, quota } = (await navigator.storage?.estimate?.()) ?? {};
    if (!quota) return;
    panel.querySelector("[data-used]").textContent = bytes(usage);
    panel.querySelector("[data-quota]").textContent = bytes(quota);
    panel.querySelector("[data-usage]").hidden = false;
  }

  async function showPersisted() {
    const isPersisted = (await navigator.storage?.persisted?.()) ?? false;
    all("[data-persisted]").forEach((one) => (one.hidden = !isPersisted));
    all("[data-unpersisted]").forEach((one) => (one.hidden = isPersisted));
  }

  async function showChosen() {
    const places = await chosen();
    panel.querySelector("[data-none-chosen]").hidden = places.length > 0;
    panel.querySelector("[data-chosen]").replaceChildren(...places.map(row));
  }

  function row(place) {
    const item = panel.querySelector("[data-row]").content.firstElementChild.cloneNode(true);
    item.place = place;
    Object.assign(item.querySelector("[data-link]"), { href: place.url, textContent: place.title });
    return item;
  }

  async function showWaiting() {
    const { length } = await entries().catch(() => []);
    panel.querySelector("[data-waiting]").textContent = length;
    all("[data-some-waiting]").forEach((one) => (one.hidden = !length));
    all("[data-none-waiting]").forEach((one) => (one.hidden = length > 0));
  }

  const show = () => Promise.all([showKept(), showUsage(), showPersisted(), showChosen(), showWaiting()]);

  async function click({ target }) {
    const button = target.closest("button");
    if (!button) return;
    if ("remove" in button.dataset) await choose(button.closest("li").place, false);
    else if ("opensOutbox" in button.dataset) document.dispatchEvent(new CustomEvent("outbox:open"));
    else if ("persist" in button.dataset) say((await navigator.storage?.persist?.()) ? "granted" : "denied");
    else if ("wipe" in button.dataset) await tell("wipe").then(() => say("wiped"));
    else if ("refresh" in button.dataset) await (navigator.onLine ? tell("refresh now").then(() => say("refreshed")) : say("none"));
    await show();
  }

  panel.addEventListener("click", click);
  document.addEventListener("places:changed", showChosen);
  document.addEventListener("outbox:entry", showWaiting);
  show();
  return () => {
    document.removeEventListener("places:changed", showChosen);
    document.removeEventListener("outbox:entry", showWaiting);
  };
}
