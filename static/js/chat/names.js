// @names: while one is being typed, those whom it may mean are offered above the composer.
import { options } from "../options.js";
import { type } from "./marks.js";

const WAIT = 90;

/** Offer names for what is typed in `area` of `form`. Returns `close`. */
export function names(form, area) {
  const listbox = form.querySelector(".composer-names:not(.composer-commands)");
  const keys = options(area, listbox, choose);
  let timer, asked = 0;

  const typed = () => /(?:^|[\s([{])@([^\s@][^@\n]{0,40})?$/.exec(area.value.slice(0, area.selectionStart));

  function close() {
    clearTimeout(timer);
    asked += 1;
    listbox.hidden = true;
    keys.select(null);
  }

  function look() {
    const found = typed();
    if (!found) return close();
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT, found[1] ?? "");
  }

  async function ask(text) {
    const number = ++asked;
    try {
      await htmx.ajax("GET", `${form.dataset.names}?q=${encodeURIComponent(text)}`, { target: listbox, swap: "innerHTML" });
    } catch {
      return;
    }
    if (number !== asked || !typed()) return;
    listbox.hidden = !listbox.childElementCount;
    if (!listbox.hidden) keys.first();
  }

  function choose(option) {
    const found = typed();
    close();
    if (!found) return;
    area.setSelectionRange(area.selectionStart - (found[1] ?? "").length, area.selectionStart);
    type(area, `${option.dataset.label} `);
    if (option.dataset.value) {
      const field = Object.assign(document.createElement("input"), { type: "hidden", name: "mention", value: option.dataset.value });
      field.toggleAttribute("data-outside", "outside" in option.dataset);
      form.append(field);
    }
    close();
  }

  // Before the composer sees it: Enter means the name, also in the moment in which the list is renewed.
  function take(event) {
    if (listbox.hidden || event.isComposing || !["Escape", "Enter", "Tab"].includes(event.key)) return;
    const option = keys.current() ?? listbox.querySelector('[role="option"]');
    if (event.key === "Escape") close();
    else if (option) choose(option);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  const hold = (event) => event.preventDefault();
  area.addEventListener("input", look);
  area.addEventListener("keydown", take, true);
  area.addEventListener("blur", () => setTimeout(() => document.activeElement !== area && close(), 150));
  listbox.addEventListener("pointerdown", hold);
  return { close };
}

/** Offer emoji for `:na…` that is typed in `area`. Returns `close`. */
export function codes(form, area) {
  const listbox = form.querySelector(".composer-emoji");
  const keys = options(area, listbox, choose);
  let timer, asked = 0;

  const typed = () => /(?:^|[\s([{])(:([a-z0-9+_-]{2,32}))$/i.exec(area.value.slice(0, area.selectionStart));

  function close() {
    clearTimeout(timer);
    asked += 1;
    listbox.hidden = true;
    keys.select(null);
  }

  function look() {
    const found = typed();
    if (!found) return listbox.hidden || close();
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT, found[2]);
  }

  async function ask(text) {
    const number = ++asked;
    try {
      await htmx.ajax("GET", `/chat/emoji/options?q=${encodeURIComponent(text)}`, { target: listbox, swap: "innerHTML" });
    } catch {
      return;
    }
    if (number !== asked || !typed()) return;
    listbox.hidden = !listbox.childElementCount;
    if (!listbox.hidden) keys.first();
  }

  function choose(option) {
    const found = typed();
    close();
    if (!found) return;
    area.setSelectionRange(area.selectionStart - found[1].length, area.selectionStart);
    type(area, `${option.dataset.value} `);
    close();
  }

  function take(event) {
    if (listbox.hidden || event.isComposing || event.shiftKey || !["Escape", "Enter", "Tab"].includes(event.key)) return;
    const option = keys.current() ?? listbox.querySelector('[role="option"]');
    if (event.key === "Escape") close();
    else if (option) choose(option);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  area.addEventListener("input", look);
  area.addEventListener("keydown", take, true);
  area.addEventListener("blur", () => setTimeout(close, 150));
  listbox.addEventListener("pointerdown", (event) => event.preventDefault());
  return { close };
}

/** People were named who aren't in the channel: offer to add them, above the composer. */
export async function offerToAdd(form) {
  const outside = [...form.querySelectorAll("input[data-outside]")].map((field) => field.value);
  const slot = form.querySelector(".composer-outside");
  if (!outside.length || !slot) return;
  await htmx.ajax("GET", `${form.dataset.names.replace(/people$/, "outside")}?people=${outside.join(",")}`, { target: slot, swap: "innerHTML" });
  slot.hidden = !slot.childElementCount;
  slot.querySelector("[data-dismiss]")?.addEventListener("click", () => (slot.hidden = true));
  slot.querySelector("form, .outside")?.addEventListener("htmx:after:request", () => (slot.hidden = true));
}
