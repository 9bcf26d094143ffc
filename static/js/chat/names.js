// @names and :emoji: while one is being typed, what it may mean is offered above the composer.
import { options } from "../options.js";
import { ask as fetchText, parse } from "./http.js";
import { type } from "./marks.js";

const WAIT = 90;
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();

/** Offer names for what is typed in `area` of `form`. Returns `close`. */
export function names(form, area) {
  return suggestions(area, form.querySelector(".composer-names:not(.composer-commands, .composer-emoji)"), {
    pattern: /(?:^|[\s([{])@([^\s@][^@\n]{0,40})?$/,
    url: (text) => `${form.dataset.names}?q=${encodeURIComponent(text)}`,
    insert(option, text) {
      area.setSelectionRange(area.selectionStart - text.length, area.selectionStart);
      type(area, `${option.dataset.label} `);
      if (!option.dataset.value) return;
      const field = Object.assign(document.createElement("input"), { type: "hidden", name: "mention", value: option.dataset.value });
      field.toggleAttribute("data-outside", "outside" in option.dataset);
      form.append(field);
    },
  });
}

/** Offer emoji for `:na…` that is typed in `area`. Returns `close`. */
export function codes(form, area) {
  return suggestions(area, form.querySelector(".composer-emoji"), {
    pattern: /(?:^|[\s([{]):([a-z0-9+_-]{2,32})$/i,
    url: (text) => `/chat/emoji/options?q=${encodeURIComponent(text)}`,
    insert(option, text) {
      area.setSelectionRange(area.selectionStart - text.length - 1, area.selectionStart);
      type(area, `${option.dataset.value} `);
    },
  });
}

// While what stands before the caret fits `pattern`, the options at `url(text)` of its group are shown; one that is chosen is put in by `insert`.
function suggestions(area, listbox, { pattern, url, insert }) {
  const keys = options(area, listbox, choose);
  let timer, asked = 0, shownFor = "";

  const typed = () => pattern.exec(area.value.slice(0, area.selectionStart));

  function close() {
    clearTimeout(timer);
    asked += 1;
    if (listbox.hidden) return;
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
    let found;
    try {
      found = parse(await fetchText("GET", url(text)));
    } catch {
      return;
    }
    if (number !== asked || !typed()) return;
    listbox.replaceChildren(found);
    shownFor = text;
    listbox.hidden = !listbox.childElementCount;
    if (!listbox.hidden) keys.first();
  }

  function choose(option) {
    const found = typed();
    close();
    if (found) insert(option, found[1] ?? "");
    close();
  }

  // More was typed than the list knows of: of what it shows, the first that fits all of it.
  function meant() {
    const text = plain(typed()?.[1] ?? "");
    if (text === plain(shownFor)) return undefined;
    return [...listbox.querySelectorAll('[role="option"]')].find((option) => plain(option.textContent).split(/\s+/).some((_, at, words) => words.slice(at).join(" ").startsWith(text)));
  }

  // Before the composer sees it: Enter means the option, also in the moment in which the list is renewed.
  function take(event) {
    if (listbox.hidden || event.isComposing || event.shiftKey || !["Escape", "Enter", "Tab"].includes(event.key)) return;
    const option = meant() ?? keys.current() ?? listbox.querySelector('[role="option"]');
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
  slot.querySelector("[hx-post]")?.addEventListener("htmx:after:request", () => (slot.hidden = true));
}
